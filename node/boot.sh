#!/bin/sh
# A data node: starts the server as a read-only standby, finds out what it is to be, watches it, stops it.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-loader.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-note.sh"
. "$NODE_HOME/lib-facts.sh"
. "$NODE_HOME/lib-version.sh"
. "$NODE_HOME/lib-aof.sh"
. "$NODE_HOME/lib-modules.sh"
. "$NODE_HOME/lib-module-data.sh"
. "$NODE_HOME/lib-marker.sh"
. "$NODE_HOME/lib-waiting.sh"
. "$NODE_HOME/lib-room.sh"
. "$NODE_HOME/lib-aside.sh"
. "$NODE_HOME/lib-follow.sh"
. "$NODE_HOME/lib-withhold.sh"
. "$NODE_HOME/lib-damage.sh"
. "$NODE_HOME/lib-role.sh"
. "$NODE_HOME/lib-orphan.sh"
. "$NODE_HOME/lib-deposed.sh"
. "$NODE_HOME/lib-watch.sh"
. "$NODE_HOME/lib-successor.sh"
. "$NODE_HOME/lib-fence.sh"
. "$NODE_HOME/lib-handover.sh"
. "$NODE_HOME/lib-switch.sh"
. "$NODE_HOME/lib-handover-lock.sh"
. "$NODE_HOME/lib-stop.sh"
. "$NODE_HOME/lib-live.sh"
. "$NODE_HOME/lib-crash.sh"
. "$NODE_HOME/lib-compare.sh"
. "$NODE_HOME/decide-by-disks.sh"
. "$NODE_HOME/decide.sh"

SPEAKER=boot

# Redis loads what its setting names, the append-only file or the snapshot, though the newest data may be in the other one.
# So it starts with what the disk has, and changes over when that is loaded: to the file here, away from it as one that
# runs does (lib-aof.sh).
find_aof_setting() {
    AOF=no
    if has_live 'appendonly yes'; then AOF=yes; fi
    AOF_AT_START=$AOF RESUMES=no
    if ! has_append_only_file; then
        [ ! -e "$SNAPSHOT" ] || AOF_AT_START=no
    elif snapshot_outlives_aof; then
        AOF_AT_START=no
        say 'the snapshot is newer than the append-only file, which had ended before it was put away'
    elif snapshot_equals_aof; then
        AOF_AT_START=no RESUMES=$AOF
    else
        AOF_AT_START=yes
        # It goes on.
        rm -f "$AOF_END"
    fi
}

change_aof_over() {
    aof_wanted=yes
    turn_aof_on
}

# Through a pipe: with the secrets in it, it must neither lie in a file nor be seen in a process list.
server_configuration() {
    cat "$NODE_HOME/redis.conf"
    printf '%s\n' '' "$LIVE_CONF" "proc-title-template \"$TITLE $TERM\""
    printf '%s\n' 'masteruser replication' "masterauth $REPLICATION_PASSWORD" "replicaof ${STANDBY%:*} ${STANDBY##*:}"
    users_for_loading | withhold_at_start
    tls_lines
    echo "appendonly $AOF_AT_START"
    module_lines "$NODE_HOME/redis.conf"
}

[ -r "$NODE_HOME/redis.conf" ] || {
    say "$NODE_HOME/redis.conf cannot be read" >&2
    exit 1
}
forget_handovers
close_way_in
await_secrets
until await_room && open_marker; do sleep 1; done
find_aof_setting
await_readable_data
note_decided
say_if_loader_is_bound
plan_withholding
await_whole_files
stopping=no loaded=no
server_configuration | "$SERVER" - &
server_pid=$!
trap 'loaded=yes' USR1
{
    await_loaded
    take_loaders_rights
    ! server_runs || kill -USR1 "$$"
    report_torn_file
    note_modules
    [ "$AOF:$AOF_AT_START" != yes:no ] || change_aof_over
    take_role
    watch_server
} &
keeper_pid=$!
trap stop_node TERM INT

# `wait` also returns when a signal was handled: the server's own end is when it is gone.
while :; do
    wait "$server_pid"
    code=$?
    server_runs || break
done
kill "$keeper_pid" 2>/dev/null
case $stopping:$loaded:$code in
# Ended by somebody, or by the kernel: that says nothing about the data.
*:0 | *:137 | *:143) ;;
no:no:*) live_with_damage ;;
esac
case $stopping:$code in
yes:0) close_marker ;;
no:*)
    replace_crashed_master
    explain_end "$code"
    ;;
esac
exit "$code"
