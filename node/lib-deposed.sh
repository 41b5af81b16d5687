# shellcheck shell=sh
# A master that was replaced without knowing it, while it was frozen or cut off. Left alone it would take writes, all of
# them lost, until Sentinel demotes it some ten seconds after it is heard of again (tried: 233 writes in 13 s).

# A round of the watch takes little more than a second; this many say that the whole container stood still.
STOOD_STILL_S=4

# A promotion reaches the Sentinels at the leader's next INFO (1 s) and with its next hello (2 s): until then they name
# the old master, who may still be one, and a node that gave way to it would throw the newer data away. Once they have
# named this one, their word for another is a newer one; this long without that, it is taken for one as well.
PROMOTION_KNOWN_S=15

# Sentinels ask for the role every 10 s. One that has not heard it by then does not hear this node at all.
ROLE_KNOWN_S=30

# After record_state, about once a second. Looks around only when there is a reason to: every look costs processes.
mind_own_role() {
    previous_watch=${this_watch-} this_watch=$(now)
    note_reign
    is_to_be_looked_at || return 0
    own_role=$INFO_ROLE
    gather "$SENTINELS" ''
    case $DOUBTED:$NAMED in
    :"$SELF")
        named_since_promotion=yes
        [ -n "$UNSEEN" ] || seen_in_role=yes
        return
        ;;
    : | ' '*) return ;;
    esac
    is_promotion_known || return 0
    ask_info "$NAMED"
    [ "$INFO_ROLE" = master ] || return 0
    disk="own server: $own_role"
    case $own_role in
    master) give_way "$NAMED" ;;
    *) end_frozen_server ;;
    esac
}

# Since when it has been master without a break, and whether the Sentinels have named it since.
note_reign() {
    case $INFO_ROLE in
    master) reigns_since=${reigns_since:-$this_watch} ;;
    replica | standby) reigns_since='' named_since_promotion=no seen_in_role=no ;;
    esac
}

# It took the role itself, on the Sentinels' word.
note_own_decision() { [ "$NAMED" != "$SELF" ] || named_since_promotion=yes; }

# Master by its own last word, and either not named yet, or perhaps deposed.
is_to_be_looked_at() {
    [ "$TOPOLOGY:$LAST_ROLE" = sentinel:master ] || return
    if is_promotion_known && is_role_known; then is_perhaps_deposed; else [ "$INFO_ROLE" = master ]; fi
}

# A Sentinel that has not seen it in that role may be about to replace it.
is_role_known() {
    [ "${seen_in_role-no}" = yes ] || [ $((this_watch - ${reigns_since:-$this_watch})) -ge "$ROLE_KNOWN_S" ]
}

is_promotion_known() {
    [ "${named_since_promotion-no}" = yes ] ||
        [ $((this_watch - ${reigns_since:-$this_watch})) -ge "$PROMOTION_KNOWN_S" ]
}

# Either without an answer, or without some replica (cut off alone, or together with others), or just back from standing
# still.
is_perhaps_deposed() {
    # shellcheck disable=SC2086 # a list
    case $INFO_ROLE in
    down) true ;;
    master) [ "$INFO_FOLLOWERS" -lt $(($(words $DATA_NODES) - 1)) ] ||
        [ $((this_watch - ${previous_watch:-$this_watch})) -ge "$STOOD_STILL_S" ] ;;
    *) false ;;
    esac
}

# give_way ADDRESS: clients are sent away in the same moment, so that they ask the Sentinels again
give_way() {
    write_role replica "$1"
    become_replica "$1"
    report_decision "follow $1, because a majority of the Sentinels names it, and it is master: this node was replaced"
}

# Thawed, it would take what waits in its connections before anybody could tell it. Its next start finds its place.
end_frozen_server() {
    report_decision "end the server, because it does not answer, and $NAMED was made master instead"
    kill -KILL "$server_pid" 2>/dev/null
}
