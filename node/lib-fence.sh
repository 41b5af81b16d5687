# shellcheck shell=sh
# `minReplicasToWrite` in a hand-over. The new master would tell NOREPLICAS to all until the others follow it. So it takes
# writes without them at first, for no longer than any master does that has just lost its replicas.

# The setting that is lowered is the one of the two that no person lowers to let writes through: one who sets
# min-replicas-to-write is not to be overruled.
LIFTED='min-replicas-max-lag 0'
# Any hand-over is over by then.
LIFTED_FOR_S=10

# How many replicas the plan wants, and how long ago each may have been heard.
read_fence() {
    fence=${LIVE_CONF##*min-replicas-to-write } fence=${fence%%[!0-9]*}
    fence_lag=${LIVE_CONF##*min-replicas-max-lag } fence_lag=${fence_lag%%[!0-9]*}
}

# lift_fence ADDRESS: of a node that is about to become master
lift_fence() {
    read_fence
    [ "${fence:-0}" = 0 ] || ask "$1" "CONFIG SET $LIFTED" >/dev/null
}

# Once a second, after ask_info of the own server. INFO says how many replicas are good only where some are asked for.
mind_fence() {
    read_fence
    case $INFO_ROLE:${fence:-0}:$INFO_GOOD in
    [!mr]*:*:* | *:0:* | *:*:[0-9]*)
        lifted_since=''
        return
        ;;
    esac
    : "${lifted_since:=$(now)}"
    if is_followed || [ $(($(now) - lifted_since)) -ge "$LIFTED_FOR_S" ]; then
        lifted_since=''
        tell "CONFIG SET min-replicas-max-lag $fence_lag"
    fi
}

is_followed() { [ "$INFO_ROLE" = master ] && [ "$INFO_ONLINE" -ge "$fence" ]; }
