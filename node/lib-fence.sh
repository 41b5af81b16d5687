# shellcheck shell=sh
# `minReplicasToWrite` in a hand-over. The old master loses its replicas while it holds writes back, and would tell NOREPLICAS
# to whoever comes, rather than let them wait; the new one would until the others follow it. So the old one holds writes
# back without the fence, and the new one takes them without at first, for no longer than any master does that has just
# lost its replicas.

# The setting that is lowered is the one of the two that no person lowers to let writes through: one who sets
# min-replicas-to-write is not to be overruled.
LIFTED='min-replicas-max-lag 0'
# Any hand-over is over by then; and so are the replicas there that come with a setting that asks for more of them.
LIFTED_FOR_S=10 JOINED_AFTER_S=120
lifted_since='' lifted_for=$LIFTED_FOR_S

# How many replicas the plan wants, and how long ago each may have been heard.
read_fence() {
    fence=${LIVE_CONF##*min-replicas-to-write } fence=${fence%%[!0-9]*}
    fence_lag=${LIVE_CONF##*min-replicas-max-lag } fence_lag=${fence_lag%%[!0-9]*}
}

# lift_fences ADDRESS: of the own server, which holds writes back, and of the one that is about to become master
lift_fences() {
    read_fence
    [ "${fence:-0}" = 0 ] || at_once lift_fence "$OWN_SERVER" "$1"
}

lift_fence() { ask "$1" "CONFIG SET $LIFTED" >/dev/null; }

# raise_fence: of the own server
raise_fence() {
    [ "${fence:-0}" = 0 ] || tell "CONFIG SET min-replicas-max-lag $fence_lag"
}

# The settings ask for more replicas than before, and than follow this master now: those that come with them have not been
# made yet. (As many as before: one is away, and the fence stays closed.)
asks_for_more() {
    read_fence
    [ "${fence:-0}" != 0 ] || return
    # One that does not answer is not waited for here: it is told all the same, and that says so.
    present=$(ANSWER_S=1 && ask "$OWN_SERVER" 'CONFIG GET min-replicas-to-write' | sed -n 2p)
    [ "$fence" -gt "${present:-$fence}" ] || return
    ask_info "$OWN_SERVER"
    [ "$INFO_ROLE" = master ] && [ "$INFO_ONLINE" -lt "$fence" ]
}

# Once a second, after ask_info of the own server. INFO says how many replicas are good only where some are asked for.
mind_fence() {
    read_fence
    [ "${fence:-0}" -le "${fence_before:-${fence:-0}}" ] || lifted_for=$JOINED_AFTER_S
    fence_before=${fence:-0}
    case $INFO_ROLE:$fence_before:$INFO_GOOD in
    [!mr]*:*:* | *:0:* | *:*:[0-9]*)
        lifted_since='' lifted_for=$LIFTED_FOR_S
        return
        ;;
    esac
    : "${lifted_since:=$(now)}"
    if is_followed || [ $(($(now) - lifted_since)) -ge "$lifted_for" ]; then
        lifted_since='' lifted_for=$LIFTED_FOR_S
        raise_fence
    fi
}

is_followed() { [ "$INFO_ROLE" = master ] && [ "$INFO_ONLINE" -ge "$fence" ]; }
