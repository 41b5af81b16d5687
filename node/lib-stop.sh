# shellcheck shell=sh
# SIGTERM, that is `docker stop`, a replacement, the host's shutdown: the master hands its role over, then the server ends.

stop_node() {
    [ "$stopping" = no ] || return 0
    stopping=yes stop_asked=no
    SPEAKER=stop
    kill "$keeper_pid" 2>/dev/null
    handover_begin
    await_handover
    read_group
    read_marker
    record_state_patiently
    case $INFO_ROLE:$STOP_BEFORE in
    master:* | replica:* | *:clean) ;;
    # Without a role since a crash, it is no wiser than the crash left it.
    *) stopping=unfinished ;;
    esac
    case $TOPOLOGY:$INFO_ROLE in
    sentinel:master)
        SPEAKER=hand-over
        if [ -n "$(other_handover)" ]; then
            say 'nothing is switched: another hand-over is still under way'
            # Whoever is master at its end, this node does not know it.
            stopping=unfinished
        else
            hand_over_and_record
        fi
        SPEAKER=stop
        ;;
    esac
    shorten_shutdown
    note_aof_end_at_last
    expect_snapshot
    say "the server is told to end, $(($(now) - began)) s after the signal"
    # Redis refuses to go while it writes its first append-only file, and forgets that it was asked.
    while server_runs; do
        kill -TERM "$server_pid" 2>/dev/null
        sleep 0.5
    done &
}

# A master that is busy for a second is to hand over all the same.
record_state_patiently() {
    record_state
    while [ "$INFO_ROLE:$LAST_ROLE" = down:master ] && server_runs && [ $(($(now) - began)) -lt $((budget / 4)) ]; do
        sleep 0.2
        record_state
    done
}

hand_over_and_record() {
    HELD_SINCE=''
    hand_over
    result=$?
    if [ "$result:$FAILOVER_ASKED" = 1:no ] && [ -n "$HELD_SINCE" ]; then
        # The chosen one died at the last moment, say; there may be another.
        hand_over
        result=$?
    fi
    if [ "$result" = 0 ]; then
        await_others
        record_state
    elif [ "$FAILOVER_ASKED" = yes ]; then
        # Another may be master without this node's knowledge: its next start must not rely on having been the last one.
        stopping=unfinished
    fi
}

# The new master needs company before this node leaves: it may refuse writes without, and there would be only one copy.
await_others() {
    company_ends=$(($(now) + 5))
    [ "$company_ends" -le "$handover_ends" ] || company_ends=$handover_ends
    # Those that could have taken over are the ones to wait for.
    expected=''
    while read -r address role master link priority _; do
        [ -n "$address" ] || continue
        if [ "$address" != "$SUCCESSOR" ] && [ -z "$(why_unfit "$role" "$master" "$link" "$priority")" ]; then
            expected="$expected $address"
        fi
    done <<STANDINGS
$standings
STANDINGS
    while [ -n "$expected" ]; do
        # shellcheck disable=SC2086 # a list
        arrived=$(at_once node_standing $expected)
        case $arrived in
        *" replica $SUCCESSOR up "*)
            say "$SUCCESSOR has another replica in sync"
            return
            ;;
        *' down '*)
            # shellcheck disable=SC2086 # a list
            [ "$(echo "$arrived" | grep -c ' down ')" -lt "$(words $expected)" ] || return 0
            ;;
        esac
        if [ "$(now)" -ge "$company_ends" ]; then
            say "$SUCCESSOR has no other replica in sync yet"
            return
        fi
        sleep 0.1
    done
}

# A master waits up to 10 s for its replicas before it goes; together with all else that must fit into the grace period.
shorten_shutdown() {
    left=$((STOP_GRACE_S - ($(now) - began) - 2))
    [ "$left" -ge 1 ] || left=1
    [ "$left" -ge 10 ] || tell "CONFIG SET shutdown-timeout $left" || true
}
