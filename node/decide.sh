# shellcheck shell=sh
# What a data node becomes when it starts: a pure function of what is known, tested over all combinations.
#
# Facts, as variables:
#   TOPOLOGY        sentinel | replication
#   SELF            this node's announced address; INITIAL_MASTER  the plan's
#   NAMED           the address that a majority of the configured Sentinels names, or nothing
#   DOUBTED         the Sentinels that see the master they name down, or are replacing it
#   PEERS           a word for each other data node: ADDRESS,ROLE,MASTER,DATA,READY,REPLID,OFFSET
#                     ROLE    master | replica | standby (not decided yet) | loading | down
#                     MASTER  whom a replica follows, else -
#                     DATA    data | empty        READY  ready (has synced once, may be promoted) | raw
#   OWN_DATA        intact | empty | lost (empty, although the marker tells of data)
#   OWN_STOP        clean | crashed
#   OWN_OFFSET      the further one of what the marker recorded and what was loaded
#   LAST_ROLE, LAST_MASTER, LAST_REPLID, LAST_OFFSET     as the marker recorded them; role: master | replica | none
#   LATE            yes, once the bounded wait for others is over
# Prints one line:
#   master REASON | follow ADDRESS REASON | yield REASON (ask for a failover, ask again) | wait REASON (ask again)

decide() {
    survey_peers
    case $TOPOLOGY:$NAMED in
    sentinel:) decide_without_sentinels ;;
    sentinel:"$SELF") decide_when_named ;;
    sentinel:*) decide_when_another_is_named ;;
    *) decide_by_disks ;;
    esac
}

# One pass over PEERS, for all rules.
survey_peers() {
    nodes=1 missing='' holders='' takers='' newer='' masters='' followers=0 followed=''
    for peer in $PEERS; do
        nodes=$((nodes + 1))
        address=${peer%%,*} rest=${peer#*,}
        role=${rest%%,*} rest=${rest#*,}
        master=${rest%%,*} rest=${rest#*,}
        data=${rest%%,*} rest=${rest#*,}
        ready=${rest%%,*} rest=${rest#*,}
        replid=${rest%%,*} offset=${rest#*,}
        case $role in
        down | loading)
            missing="$missing $address"
            continue
            ;;
        master) masters="$masters $address" ;;
        replica) if [ "$master" = "$SELF" ]; then followers=$((followers + 1)); else followed=$master; fi ;;
        esac
        if [ "$data" = data ]; then
            holders="$holders $address"
            [ "$offset" -le "$OWN_OFFSET" ] || newer="$newer $address"
            # Offsets compare only within one history.
            if [ "$ready" = ready ] && [ "$replid" = "$LAST_REPLID" ] && [ "$offset" -ge "$LAST_OFFSET" ]; then
                takers="$takers $address"
            fi
        fi
    done
}

decide_when_another_is_named() {
    case "$LATE $PEERS" in
    # Refused by a standby, Redis would try again only a second later; and a standby may be about to yield.
    no*" $NAMED,standby,"*) echo "wait a majority of the Sentinels names $NAMED, which is still standby itself" ;;
    *) echo "follow $NAMED a majority of the Sentinels names it" ;;
    esac
}

decide_when_named() {
    if [ -n "$masters" ]; then
        # A promotion that the Sentinels have not seen yet looks like this; taking writes now would make two masters.
        if [ "$LATE" = yes ]; then
            echo "yield the Sentinels name this node, but$masters is master already"
        else
            echo "wait the Sentinels name this node, but$masters is master already: a failover may be under way"
        fi
    elif [ "$OWN_DATA" != intact ]; then
        decide_named_without_data
    elif [ -n "$DOUBTED" ] && [ "$LATE" != yes ]; then
        # Taking writes while another node is about to be promoted would make two masters.
        echo "wait the Sentinels name this node, but$DOUBTED may be replacing it"
    elif [ "$OWN_STOP:$LAST_ROLE" = clean:master ]; then
        echo "master a majority of the Sentinels names it, and it stopped cleanly as master"
    elif [ -n "$takers" ] && { [ "$LATE" != yes ] || [ -n "$newer" ]; }; then
        echo "yield it did not stop cleanly as master, and$takers has everything recorded here"
    elif [ "$LAST_ROLE" != master ] && [ -n "$newer" ]; then
        echo "yield it was not master when it stopped, and$newer has newer data"
    elif [ -n "$missing" ] && [ "$LATE" != yes ]; then
        echo "wait it did not stop cleanly as master, and$missing, which may have newer data, does not answer yet"
    else
        echo "master a majority of the Sentinels names it, and no node that answers has newer data"
    fi
}

decide_named_without_data() {
    if [ -n "$holders" ]; then
        echo "yield its data is $OWN_DATA, and$holders has data"
    elif [ -n "$missing" ] && [ "$OWN_DATA" = lost ]; then
        echo "wait its data is lost, and$missing, which may have it, does not answer"
    elif [ -n "$missing" ] && [ "$LATE" != yes ]; then
        echo "wait it has no data, and$missing, which may have some, does not answer yet"
    else
        echo "master a majority of the Sentinels names it, and no node that answers has any data"
    fi
}

decide_without_sentinels() {
    if [ "$LATE" != yes ]; then
        echo 'wait no majority of the Sentinels names a master yet'
    elif [ -n "$masters" ]; then
        echo "wait no majority of the Sentinels names a master;$masters is one, only they can confirm it"
    elif [ "$LAST_ROLE" = master ]; then
        decide_as_last_master_alone
    elif [ "$LAST_ROLE" = replica ] && is_peer "$LAST_MASTER"; then
        # A vote, not a risk: a standby master refuses the link until it is decided itself.
        echo "follow $LAST_MASTER no majority of the Sentinels answers; its disk says that it followed this node"
    else
        echo 'wait no majority of the Sentinels names a master, and the disks do not settle it'
    fi
}

decide_as_last_master_alone() {
    word='no majority of the Sentinels answers; its disk says that it was master'
    if [ "$OWN_DATA" = lost ] || { [ "$OWN_DATA" = empty ] && [ -n "$holders" ]; }; then
        echo "wait $word, but its data is $OWN_DATA"
    elif [ -n "$newer" ]; then
        echo "wait $word, but$newer has newer data"
    elif [ $((2 * (followers + 1))) -gt "$nodes" ]; then
        echo "master $word, and $followers of $((nodes - 1)) other nodes follow it"
    else
        echo "wait $word, but only $followers of $((nodes - 1)) other nodes follow it"
    fi
}

# Replication topology: a person decides who is master; the disks remember it.
decide_by_disks() {
    case $masters in
    '') decide_without_master ;;
    ' '*' '*) case "$masters " in
        *" $LAST_MASTER "*) echo "follow $LAST_MASTER several nodes are master ($masters ); its disk names this one" ;;
        *) echo "wait several nodes are master ($masters ): promote one of them" ;;
        esac ;;
    *) echo "follow$masters it is master" ;;
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
    elif [ $((2 * (followers + 1))) -gt "$nodes" ]; then
        echo "master its disk says so, and $followers of $((nodes - 1)) other nodes follow it"
    elif [ -z "$missing$holders" ]; then
        echo 'master it is the last or the first one, and no other node has data'
    elif [ "$LATE" != yes ]; then
        echo 'wait it was master, but the other nodes have not confirmed it yet'
    elif [ -n "$newer" ] && [ -n "$followed" ]; then
        echo "follow $followed the other nodes follow it and have newer data than this node: another was promoted meanwhile"
    elif [ -n "$newer" ]; then
        echo "wait it was master, but$newer has newer data: promote one of them"
    else
        echo 'master its disk says so, and no node that answers objects'
    fi
}

decide_as_last_replica() {
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

is_peer() {
    case " $PEERS" in
    *" $1,"*) true ;;
    *) false ;;
    esac
}
