#!/bin/sh
# cli.sh [HOST PORT [COMMAND...]]: the Redis client, logged in, on this node's server or on another one.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"

host=$LISTEN_ADDRESS port=$LISTEN_PORT
if [ $# -ge 2 ]; then
    host=$1 port=$2
    shift 2
fi
read_secrets || {
    echo 'the secrets of this node have not been brought yet: npm run up' >&2
    exit 1
}
# A server that lets nobody else in is asked over the connection that its node holds. (With -e, a refusal is to be seen by
# the exit code, too.)
first=${1-}
[ "$first" != -e ] || first=${2-}
case $host:$port:$first in
"$LISTEN_ADDRESS:$LISTEN_PORT":-* | "$SELF":-* | *:) ;;
"$LISTEN_ADDRESS:$LISTEN_PORT":* | "$SELF":*)
    if is_full; then
        [ "$1" != -e ] || shift
        replies=$(ask_inside "$(in_one_line "$@")") || exit
        printf '%s\n' "$replies"
        case $replies in
        'ERR '*) exit 1 ;;
        *) exit 0 ;;
        esac
    fi
    ;;
esac
export REDISCLI_AUTH="$ADMIN_PASSWORD"
# shellcheck disable=SC2086 # several words
exec "$CLIENT" $TLS_OPTIONS --user admin -h "$host" -p "$port" "$@"
