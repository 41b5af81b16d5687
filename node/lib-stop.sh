# shellcheck shell=sh
# SIGTERM, that is `docker stop`, a replacement, the host's shutdown.
# A hand-over of the master's role belongs here, before the server is told to go.

stop_node() {
    stopping=yes
    kill "$keeper_pid" 2>/dev/null
    read_marker
    record_state
    # Redis refuses to go while it writes its first append-only file, and forgets that it was asked.
    while server_runs; do
        kill -TERM "$server_pid" 2>/dev/null
        sleep 0.5
    done &
}
