# shellcheck shell=sh
# The server died, and the container is about to end with it. The next start would have a crashed master replaced, but it
# takes the engine about a second to get there; asked right here, before all is gone, the group waits that much less.

replace_crashed_master() {
    read_group
    read_marker
    [ "$TOPOLOGY:$LAST_ROLE" = sentinel:master ] || return 0
    # No server is there to ask: what the marker recorded last stands for its data.
    ask_info "$OWN_SERVER"
    INFO_DATA=$LAST_DATA
    weigh_own_data
    # shellcheck disable=SC2086 # a list
    gather "$SENTINELS" "$(without "$SELF" $DATA_NODES)"
    LATE=no failover_asked=0 disk=$(disk_in_words)
    decision=$(decide)
    case $decision in
    yield*) apply "$decision" ;;
    esac
}
