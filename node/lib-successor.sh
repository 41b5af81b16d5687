# shellcheck shell=sh
# Who takes over the master's role, and when: pure functions of what the others said.

# Sentinel notices a promotion at its next INFO, a second after the last one. Asked within this window after the last
# one (milliseconds), the promotion (0.2 s) is done just before the next, and writes are held for 0.4 s instead of 1.2 s.
# Holding writes begins earlier than the best time for asking, by what the steps between take: 50 to 90 ms.
MOMENT_FROM=600 MOMENT_TO=680
# Asked later than this, the promotion is seen a second later.
MOMENT_OVER=770

# pick_successor WANTED STANDINGS: of the lines, one for each other data node, ADDRESS ROLE MASTER LINK PRIORITY OFFSET,
# sets SUCCESSOR: the one that is in sync, may be promoted and has the least to catch up, or the WANTED one and no other.
# Without any, SUCCESSOR is empty and WHY_NONE says why.
pick_successor() {
    SUCCESSOR='' WHY_NONE='' most=-1
    while read -r address role master link priority offset; do
        [ -n "$address" ] || continue
        [ "${1:-$address}" = "$address" ] || continue
        reason=$(why_unfit "$role" "$master" "$link" "$priority")
        if [ -n "$reason" ]; then
            WHY_NONE="${WHY_NONE:+$WHY_NONE; }$address $reason"
        elif [ "$offset" -gt "$most" ]; then
            SUCCESSOR=$address most=$offset
        fi
    done <<STANDINGS
$2
STANDINGS
    WHY_NONE=${WHY_NONE:-there is no replica}
}

# why_unfit ROLE MASTER LINK PRIORITY: prints nothing for a replica that may take over
why_unfit() {
    case $1:$3 in
    down:*) echo 'does not answer' ;;
    loading:*) echo 'is loading its data' ;;
    standby:*) echo 'is standby, with no role yet' ;;
    master:*) echo 'is a master itself' ;;
    replica:syncing) echo 'is still copying the data set' ;;
    replica:up)
        if [ "$2" != "$SELF" ]; then
            echo "follows $2, not this node"
        elif [ "$4" = 0 ]; then
            echo 'may not be promoted (replica-priority 0: it has never synced)'
        fi
        ;;
    *) echo 'has no link to its master' ;;
    esac
}

# judge_view ADDRESS: reads what SENTINEL REPLICAS answers, names and values in turn, and prints whether that Sentinel
# would promote this replica and no other:
#   willing AGE (milliseconds since its last INFO) | unaware (of the new priority, so far) | gone (it sees it down)
judge_view() {
    verdict=gone age=0 own=0 rival=0 row=''
    while read -r key && read -r value; do
        case $key in
        name) end_of_row "$1" ;;
        ip) row=$value ;;
        port) row=$row:$value ;;
        flags) flags=$value ;;
        info-refresh) refresh=$value ;;
        slave-priority) priority=$value ;;
        esac
    done
    end_of_row "$1"
    case $verdict in
    gone) echo gone ;;
    *) if [ "$own" -gt 0 ] && { [ "$rival" = 0 ] || [ "$own" -lt "$rival" ]; }; then
        echo "willing $age"
    else
        echo unaware
    fi ;;
    esac
}

# Keeps what matters of the row that was read: the replica's own, or the best priority of all others that are up.
end_of_row() {
    case $row:${flags-} in
    : | *down* | *disconnected*) ;;
    "$1":*) verdict=seen own=$priority age=$refresh ;;
    *)
        if [ "$priority" -gt 0 ] && { [ "$rival" = 0 ] || [ "$priority" -lt "$rival" ]; }; then
            rival=$priority
        fi
        ;;
    esac
    row='' flags='' refresh=0 priority=0
}

# until_moment AGE: prints how long to sleep (seconds) before looking again, or nothing: this is the moment
until_moment() {
    if [ "$1" -lt "$MOMENT_FROM" ]; then
        delay=$((MOMENT_FROM + 5 - $1))
    elif [ "$1" -le "$MOMENT_TO" ]; then
        return 0
    else
        delay=$((1000 - $1 + 50))
    fi
    # Not longer, since the successor may be gone meanwhile; and the age may be that of an INFO long ago.
    [ "$delay" -le 250 ] || delay=250
    [ "$delay" -ge 20 ] || delay=20
    printf '0.%03d\n' "$delay"
}
