# shellcheck shell=sh
# The server died, and the container is about to end with it. The next start would have a crashed master replaced, but it
# takes the engine about a second to get there; asked right here, before all is gone, the group waits that much less.

replace_crashed_master() {
    read_group
    read_marker
    [ "$TOPOLOGY:$LAST_ROLE" != sentinel:master ] || yield_unloaded
}

# What the marker recorded last stands for the data: no server is there to ask, or it has not loaded it yet.
yield_unloaded() {
    ask_info "$OWN_SERVER"
    INFO_DATA=$LAST_DATA
    weigh_own_data
    # shellcheck disable=SC2086 # a list
    gather "$SENTINELS" "$(without "$SELF" $DATA_NODES)"
    LATE=no failover_asked=${failover_asked:-0} disk=$(disk_in_words)
    decision=$(decide)
    case $decision in
    yield*) apply "$decision" ;;
    esac
}

# A large data set loads for minutes; when another node has everything, the group need not wait for it. Each look costs
# processes.
LOADING_LOOK_S=2

# While the server loads.
mind_loading() {
    read_group
    [ "$TOPOLOGY" = sentinel ] && [ $(($(now) - ${loading_looked_at:-0})) -ge "$LOADING_LOOK_S" ] || return 0
    loading_looked_at=$(now)
    case $LAST_ROLE in
    master) yield_unloaded ;;
    *) gather "$SENTINELS" '' ;;
    esac
    mind_sentinels
}
