# shellcheck shell=sh
# The replication topology's part of the decision at boot (decide.sh): a person decides who is master, with `promote`,
# and the disks remember it.

decide_by_disks() {
    case $masters in
    '') decide_without_master ;;
    ' '*' '*) case "$masters " in
        *" $LAST_MASTER "*) join "$LAST_MASTER" "several nodes are master ($masters ); its disk names this one" ;;
        *) echo "wait several nodes are master ($masters ): promote one of them" ;;
        esac ;;
    *) join "${masters# }" 'it is master' ;;
    esac
}

# join MASTER REASON: unless that would cost data that a person has not given up by promoting it
join() {
    look_at "$1"
    case $OWN_DATA:$data:$relation in
    empty:* | lost:* | *:ahead | *:equal | *:heir) echo "follow $1 $2" ;;
    *:empty:*) echo "wait $1 is master, but empty, and this node has data: promote one that has" ;;
    *:fork) echo "replace $1 $2; it has not the last of this node's data" ;;
    *:stranger) if [ "$offset" -ge "$OWN_OFFSET" ]; then
        echo "replace $1 $2; its data has another history than this node's"
    else
        echo "wait $1 is master, but its data has another, older history than this node's: promote one of them"
    fi ;;
    *) echo "wait $1 is master, but its data is older than this node's: promote one of them" ;;
    esac
}

decide_without_master() {
    case $LAST_ROLE in
    replica) decide_as_last_replica ;;
    none) if [ "$SELF" = "$INITIAL_MASTER" ]; then decide_as_last_master; else decide_as_newcomer; fi ;;
    *) decide_as_last_master ;;
    esac
}

decide_as_last_master() {
    if [ "$OWN_DATA" != intact ] && [ -n "$holders" ]; then
        echo "wait it was to be master, but its data is $OWN_DATA and$holders has data: promote one of them"
    elif [ "$OWN_DATA" = lost ] && [ -n "$missing" ]; then
        echo "wait it was master, but its data is lost, and$missing, which may have it, does not answer"
    elif [ $((2 * (followers + 1))) -gt "$nodes" ] && [ -z "$newer" ]; then
        echo "master its disk says so, and $followers of $((nodes - 1)) other nodes follow it"
    elif [ -z "$missing$holders" ]; then
        echo 'master it is the last or the first one, and no other node has data'
    elif [ "$LATE" != yes ]; then
        echo 'wait it was master, but the other nodes have not confirmed it yet'
    elif [ -n "$newer" ] && [ -n "$followed" ]; then
        echo "follow $followed the other nodes follow it and have newer data than this node: another was promoted meanwhile"
    elif [ -n "$newer" ]; then
        echo "wait it was master, but$newer has newer data: promote one of them"
    elif [ "$OWN_DATA" != intact ] && [ $((2 * absent)) -ge "$nodes" ]; then
        # Too many to be sure that this is a first start.
        echo "wait it was to be master, but it has no data, and$missing, which may have some, does not answer"
    else
        echo 'master its disk says so, and no node that answers objects'
    fi
}

decide_as_last_replica() {
    if ! is_peer "$LAST_MASTER"; then
        # Whatever answers at its address by now is none of this group.
        echo "wait $LAST_MASTER, its last master, is not planned any more: promote one of the nodes"
        return
    fi
    case "$LATE $missing " in
    no*" $LAST_MASTER "*) echo "wait $LAST_MASTER, its last master, does not answer yet" ;;
    *) echo "follow $LAST_MASTER its disk says that it followed this node" ;;
    esac
}

decide_as_newcomer() {
    if [ "$LATE" != yes ]; then
        echo 'wait no node is master yet'
    else
        echo "follow ${followed:-$INITIAL_MASTER} it is new here, and this is the master that is known"
    fi
}
