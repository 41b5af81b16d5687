# shellcheck shell=sh
# While the server runs: keep the marker up to date, and let the node be promoted once it is worth it.

# Roles are moved by Sentinel (or by a person), with REPLICAOF, behind our back; a master that was replaced while it could
# not be told gives way by itself.
watch_server() {
    while server_runs; do
        read_group
        record_state
        mind_fence
        give_info
        hold_way_in
        case $INFO_ROLE:$INFO_LINK in
        master:* | replica:up)
            show_past
            allow_promotion
            ;;
        replica:down) compare_again ;;
        esac
        mind_master
        mind_own_role
        mind_append_only_file
        sleep 1
    done
}

# A replica that never synced must not be promoted: redis.conf starts with replica-priority 0, which Sentinel respects.
# (It would not see it otherwise: a link that was never up counts as -1 s down.)
allow_promotion() {
    forget_preference
    set_priority "$REPLICA_PRIORITY"
}

# A hand-over that died in the middle could not put back the priority with which it had preferred this node; left like
# that, Sentinel would promote it before one with more data. (None takes longer than a container gets to stop.)
forget_preference() {
    case $INFO_ROLE:$INFO_PRIORITY in
    master:* | *:"${priority_set-}") preferred_since='' ;;
    *)
        : "${preferred_since:=$(now)}"
        [ $(($(now) - preferred_since)) -lt "$STOP_GRACE_S" ] || priority_set=''
        ;;
    esac
}

# At boot: a data set that synced once and was loaded whole is worth it too, also if its master never comes back; but
# Sentinel is to take a newer one first. (By itself it compares INFO's offsets only, which an AOF does not bring back.)
welcome_promotion() {
    if [ "$SYNCED" != yes ] || [ "$OWN_DATA" = lost ]; then return; fi
    survey_peers
    if [ "${protested-no}" = yes ]; then
        prefer_for_promotion
    elif is_early; then
        set_priority 0
    elif [ -n "$newer" ] && [ "$REPLICA_PRIORITY" != 0 ]; then
        set_priority $((REPLICA_PRIORITY + 1))
    else
        allow_promotion
    fi
}

# Whether others than the lost master may have newer data and have not said so yet: those that load will, and for those
# that do not answer the wait is bounded.
is_early() {
    unheard=''
    for look in $looks; do
        case $look in
        "$NAMED",* | "$LAST_MASTER",*) ;;
        *,loading,*) unheard="$unheard ${look%%,*}" ;;
        *,down,*) [ $(($(now) - started)) -ge "$BOOT_WAIT_S" ] || unheard="$unheard ${look%%,*}" ;;
        esac
    done
    [ -n "$unheard" ]
}

# A replica that has not reached its master since its start may have found its place before the others had loaded.
compare_again() {
    if [ -n "${past_shown-}" ] || [ "$TOPOLOGY" != sentinel ]; then return; fi
    # Its role may have been set from outside, before it weighed anything.
    [ -n "${OWN_DATA-}" ] || weigh_own_data
    # shellcheck disable=SC2086 # a list
    gather '' "$(without "$SELF" $DATA_NODES)"
    unheard=''
    welcome_promotion
    [ "${unheard_before-}" = "$unheard" ] || [ -z "$unheard" ] ||
        say "not to be promoted yet:$unheard may have newer data, and has not said so"
    unheard_before=$unheard
}

# Ahead of all others.
prefer_for_promotion() { [ "$REPLICA_PRIORITY" = 0 ] || set_priority 1; }

# Prints the Sentinel if it knows that: another one would promote another empty node.
preferring_sentinel() {
    ask "$1" "SENTINEL REPLICAS $MASTER_NAME" | awk -v host="${SELF%:*}" -v port="${SELF##*:}" '
        name == "ip" { at = $0 }
        name == "port" { at = at ":" $0 }
        name == "slave-priority" && $0 == 1 && at == host ":" port { preferred = 1 }
        { name = name == "" ? $0 : "" }
        END { exit !preferred }' && echo "$1"
}

set_priority() {
    [ "${priority_set-}" != "$1" ] || return 0
    tell "CONFIG SET replica-priority $1" && priority_set=$1
}
