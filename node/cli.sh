#!/bin/sh
# cli.sh [HOST PORT [COMMAND...]]: the Redis client, logged in, on this node's server or on another one.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"

host=$LISTEN_ADDRESS port=$LISTEN_PORT
if [ $# -ge 2 ]; then
    host=$1 port=$2
    shift 2
fi
read_secrets || {
    echo 'the secrets of this node have not been brought yet: npm run up' >&2
    exit 1
}
export REDISCLI_AUTH="$ADMIN_PASSWORD"
# shellcheck disable=SC2086 # several words
exec "$CLIENT" $TLS_OPTIONS --user admin -h "$host" -p "$port" "$@"
