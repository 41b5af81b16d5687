#!/bin/sh
# cli.sh [HOST PORT [COMMAND...]]: the Redis client, logged in, on this node's server or on another one.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"

host=$LISTEN_ADDRESS port=$LISTEN_PORT
if [ $# -ge 2 ]; then
    host=$1 port=$2
    shift 2
fi
export REDISCLI_AUTH="$PASSWORD"
exec "$CLIENT" -h "$host" -p "$port" "$@"
