# shellcheck shell=sh
# One hand-over at a time: one that a person started, or that of a node that is being stopped.

# A link that leads nowhere and is called by its process: so it is made in one step, and never without that name.
HANDOVER_PID=$DATA_DIR/handover.pid

# At a node's start there can be none; a container that was killed leaves its own.
forget_handovers() { rm -rf "$HANDOVER_PID" "$HANDOVER_PID.stale"; }

# take_handover: fails if another one is under way (1), or if that cannot be noted (2)
take_handover() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ln -s "$$" "$HANDOVER_PID" 2>/dev/null && return
        [ -z "$(other_handover)" ] || return 1
        remove_stale || sleep 0.1
    done
    return 2
}

# Prints the process of another hand-over that is under way.
other_handover() {
    pid=$(readlink "$HANDOVER_PID") || return 0
    # The number of one that was killed may be another process's by now, or this one's.
    [ "$pid" != "$$" ] || return 0
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q -e handover -e boot; then echo "$pid"; fi
}

# By one at a time: the second to find the same one would remove what the first has put in its place.
remove_stale() {
    mkdir "$HANDOVER_PID.stale" 2>/dev/null || return
    if is_stale; then rm -f "$HANDOVER_PID"; fi
    rmdir "$HANDOVER_PID.stale"
}

# It has to be there still once its process is known to be gone: one that just ended has removed it, and another may have
# come.
is_stale() {
    left=$(readlink "$HANDOVER_PID") && [ -z "$(other_handover)" ] && [ "$(readlink "$HANDOVER_PID")" = "$left" ]
}

# await_handover: of a node that is being stopped; returns when its turn has come, or the time for it is over
await_handover() {
    take_handover
    [ $? = 1 ] || return 0
    say 'waiting for the hand-over that is under way'
    while [ "$(now)" -lt "$handover_ends" ]; do
        take_handover
        [ $? = 1 ] || return 0
        sleep 0.1
    done
}
