#!/bin/sh
# handover.sh [ADDRESS]: this node, the master, hands its role over, to this replica or to the one with the least to
#   catch up. Prints its steps, and at last `done ADDRESS MILLISECONDS`: who is master, and how long writes were held.
#   Exit codes: 0 done; 1 nothing was switched; 3 in doubt.
# handover.sh stop: asks a hand-over that is under way to stop; heeded until the roles are being switched.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-facts.sh"
. "$NODE_HOME/lib-marker.sh"
. "$NODE_HOME/lib-successor.sh"
. "$NODE_HOME/lib-fence.sh"
. "$NODE_HOME/lib-follow.sh"
. "$NODE_HOME/lib-handover.sh"
. "$NODE_HOME/lib-switch.sh"
. "$NODE_HOME/lib-handover-lock.sh"

SPEAKER=hand-over

if [ "${1-}" = stop ]; then
    other=$(other_handover)
    [ -z "$other" ] || kill -TERM "$other"
    exit
fi

# Once begun it is not to be ended in the middle, neither by a signal nor by a reader that went away.
stop_asked=no
trap 'stop_asked=yes' TERM INT HUP
trap '' PIPE

take_handover
case $? in
1)
    say 'nothing is switched: another hand-over is under way'
    exit 1
    ;;
2)
    say "nothing is switched: $HANDOVER_PID cannot be made"
    exit 1
    ;;
esac
trap 'rm -f "$HANDOVER_PID"' EXIT

handover_begin
hand_over "${1-}"
result=$?
case $result in
0) echo "done $SUCCESSOR $PAUSED_MS" ;;
2) exit 3 ;;
esac
exit "$result"
