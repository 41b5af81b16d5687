#!/bin/sh
# modules.sh list: prints the modules that the own server has loaded from files, a line each.
# modules.sh data: prints what of its data only a module can load: the types of its keys, a line each. Fails, and says
# why, when it could not look through all.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-modules.sh"
. "$NODE_HOME/lib-module-data.sh"

ANSWER_S=5

case ${1:-} in
list) names=$(ask "$OWN_SERVER" 'MODULE LIST') && printf '%s\n' "$names" | names_of_modules ;;
data) foreign_data ;;
*)
    echo 'usage: modules.sh list|data' >&2
    exit 2
    ;;
esac || {
    echo "no answer from $OWN_SERVER within $ANSWER_S s" >&2
    exit 1
}
