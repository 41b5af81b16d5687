# shellcheck shell=sh
# A server becomes the replica of another one.

# ask_to_follow ADDRESS COMMAND...: the COMMANDs, the last of them EXEC, in one step with it; prints OK, QUEUED for each
# of the transaction, and then their replies, REPLICAOF's after two numbers.
# Connections are closed first. A client that waits (BLPOP, XREAD BLOCK, WAIT, ...) would be told the error UNBLOCKED, and
# one whose write is held READONLY. Many a worker ends at an error, and all go on after a lost connection.
ask_to_follow() {
    follow_host=${1%:*} follow_port=${1##*:}
    shift
    ask "$OWN_SERVER" MULTI 'CLIENT KILL TYPE normal' 'CLIENT KILL TYPE pubsub' "REPLICAOF $follow_host $follow_port" "$@"
}

# become_replica ADDRESS: fails unless the server obeyed
become_replica() {
    ask_to_follow "$1" EXEC | {
        reply=''
        while read -r line; do reply=$line; done
        case $reply in
        OK*) ;;
        *) false ;;
        esac
    }
}
