#!/bin/sh
# Container health check: healthy means 'may be counted on'. Prints one line that says what is wrong.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-waiting.sh"
. "$NODE_HOME/lib-holders.sh"

healthy() {
    echo "ok: $*"
    exit 0
}

unhealthy() {
    echo "unhealthy: $*"
    exit 1
}

check_data_node() {
    ask_info "$OWN_SERVER"
    case $INFO_ROLE:$INFO_LINK in
    master:*) healthy "master$(but_full)" ;;
    replica:up) healthy "replica of $INFO_MASTER$(but_full)" ;;
    replica:syncing) unhealthy "replica of $INFO_MASTER, its first sync is still running" ;;
    replica:*) unhealthy "replica of $INFO_MASTER, but the link is $INFO_LINK" ;;
    standby:*) unhealthy "undecided, read-only: $(why_waiting)" ;;
    loading:*) unhealthy 'loading its data' ;;
    *)
        if [ -r "$UNDECIDED" ] && server_is_absent; then unhealthy "undecided, not started: $(why_waiting)"; fi
        unhealthy "no answer from $OWN_SERVER within $ANSWER_S s, or the user admin was refused"
        ;;
    esac
}

check_sentinel() {
    quorum=$(ask "$OWN_SERVER" "SENTINEL CKQUORUM $MASTER_NAME" | head -n 1)
    case $quorum in
    OK*) healthy "${quorum#OK }" ;;
    '')
        if [ -r "$UNDECIDED" ]; then unhealthy "undecided, not started: $(why_waiting)"; fi
        unhealthy "no answer from $OWN_SERVER within $ANSWER_S s, or the user admin was refused"
        ;;
    *) unhealthy "$quorum" ;;
    esac
}

read_secrets || unhealthy "undecided, not started: $(why_waiting)"
case $KIND in
data) check_data_node ;;
sentinel) check_sentinel ;;
esac
