# shellcheck shell=sh
# A hand-over that a person started, and a stop of the same node, must not get into each other's way.

HANDOVER_PID=$DATA_DIR/handover.pid

# Prints the process of a hand-over that a person started, if one is under way.
other_handover() {
    [ -r "$HANDOVER_PID" ] && read -r pid <"$HANDOVER_PID" || return 0
    # The file may be left over from a container that was killed, and the number may be another process's by now.
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q handover; then echo "$pid"; fi
}

await_other_handover() {
    [ -n "$(other_handover)" ] || return 0
    say 'waiting for the hand-over that is under way'
    while [ -n "$(other_handover)" ] && [ "$(now)" -lt "$handover_ends" ]; do
        sleep 0.1
    done
}
