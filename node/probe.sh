#!/bin/sh
# probe.sh: what a client inside the network sees: finds the master, writes there, reads it back.
# probe.sh who: finds the master, and asks it whether it is one; writes nothing.
# Prints `ok ADDRESS PORT`, or a sentence that says what is wrong.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-note.sh"
. "$NODE_HOME/lib-facts.sh"

# It is tried once, on members that have just answered: a busy machine must not look like a broken deployment.
ANSWER_S=5

give_up() {
    echo "$*"
    exit 1
}

# Prints the address by the Sentinels' word, or, without any, of the one data node that is master.
find_by_word() {
    case $TOPOLOGY in
    sentinel)
        gather "$SENTINELS" ''
        [ -n "$NAMED" ] || give_up "no majority of the Sentinels names a master: ${HEARD%%;*}"
        ;;
    *)
        gather '' "$DATA_NODES"
        NAMED=''
        for node in $PEERS; do
            case $node in
            *,master,*) NAMED=${NAMED:+$NAMED and }${node%%,*} ;;
            esac
        done
        case $NAMED in
        '') give_up "no data node is master: ${HEARD#*; }" ;;
        *' '*) give_up "more than one data node is master: $NAMED" ;;
        esac
        ;;
    esac
}

find_by_word
if [ "${1-}" = who ]; then
    ask_info "$NAMED"
    [ "$INFO_ROLE" = master ] || give_up "$NAMED is named as the master, and is $INFO_ROLE"
    echo "ok ${NAMED%:*} ${NAMED##*:}"
    exit
fi
key=redis-node:probe:$NODE_NAME
written=$NODE_NAME-$$-$(now)
read_back=$(ask "$NAMED" "SET $key $written PX 10000" "GET $key") || give_up "the master $NAMED does not answer, or refuses the password"
case $read_back in
"OK
$written") echo "ok ${NAMED%:*} ${NAMED##*:}" ;;
*) give_up "the master $NAMED did not take a write: $(echo "$read_back" | head -n 1)" ;;
esac
