# shellcheck shell=sh
# A master that is down and is not replaced. Sentinel tries that once; where no replica was ready just then (they still
# loaded their data, or it had not looked at them again), it tries again only after 2 x failover-timeout, minutes later.
# Asked, it tries at once.

# How long the Sentinels have, in seconds. Each node waits longer than the one before, so that only one asks.
REPLACEMENT_S=3

# After record_state, about once a second: does nothing while the own link is up.
mind_master() {
    case $TOPOLOGY:$INFO_ROLE:$INFO_LINK in
    sentinel:replica:down) ;;
    *)
        orphan_since=''
        return
        ;;
    esac
    gather "$SENTINELS" "$INFO_MASTER"
    # shellcheck disable=SC2086 # lists
    if ! is_forsaken $DOUBTED; then
        orphan_since=''
        return
    fi
    : "${orphan_since:=$(now)}"
    # shellcheck disable=SC2086 # a list
    if [ $(($(now) - orphan_since)) -ge $((REPLACEMENT_S + 2 * $(place_of "$SELF" $DATA_NODES))) ]; then
        reason="$INFO_MASTER is down, and no Sentinel is replacing it" disk="own offset: $INFO_OFFSET"
        ask_failover
    fi
}

# is_forsaken DOUBTER...: most Sentinels name the own master and see it down, it does not answer, and none replaces it
is_forsaken() {
    # shellcheck disable=SC2086 # a list
    [ $((2 * $#)) -gt "$(words $SENTINELS)" ] && [ "$NAMED$REPLACING" = "$INFO_MASTER" ] || return
    case $PEERS in
    " $INFO_MASTER,down,"*) true ;;
    *) false ;;
    esac
}
