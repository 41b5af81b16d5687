# shellcheck shell=sh
# What a data node becomes when it starts: a pure function of what is known, tested over all combinations.
# Here: under Sentinel. How others' data compares is in lib-compare.sh, the replication topology in decide-by-disks.sh.
#
# Facts, as variables:
#   TOPOLOGY        sentinel | replication
#   SELF            this node's announced address; INITIAL_MASTER  the plan's
#   NAMED           the address that a majority of the configured Sentinels names, or nothing
#   DOUBTED         the Sentinels that see the master they name down or will before they ask it again, or are replacing it
#   REPLACING       those that are replacing it
#   PEERS           a word for each other data node: ADDRESS,ROLE,MASTER,DATA,READY,ID,OFFSET,PAST
#                     ROLE    master | replica | standby (not decided yet) | loading | down
#                     MASTER  whom a replica follows, or whom a standby followed last by its disk (itself: it was master), or -
#                     DATA    data | empty
#                     READY   ready (has synced once, may be promoted) | raw
#                             | disk (the same of a replica that has not reached its master since its start)
#                     ID, OFFSET   where it is in which history; PAST  older histories: ID.OFFSET.ID.OFFSET...,
#                     each with the offset from which on another one continues it
#   OWN_DATA        intact | empty | lost (empty, although the marker tells of data)
#   OWN_FILE        aof (has all that was acknowledged; only about where in its history) | rdb (some older state, exactly where)
#                     | torn (an AOF that lost its end: about where it ends now)
#   OWN_STOP        clean | crashed
#   OWN_ID, OWN_OFFSET, OWN_PAST     the same of the own data
#   LAST_ROLE, LAST_MASTER, LAST_ID  as the marker recorded them; role: master | replica | none
#   LATE            yes, once the bounded wait for others is over
# Prints one line:
#   master REASON            become master
#   follow ADDRESS REASON    become its replica
#   replace ADDRESS REASON   the same, but set the own data aside first: some of it is not there
#   yield REASON             ask for a failover to another node, ask again
#   protest REASON           ask for a failover to this node, ask again
#   wait REASON              ask again

decide() {
    survey_peers
    case $TOPOLOGY:$NAMED in
    sentinel:) decide_without_sentinels ;;
    sentinel:"$SELF") decide_when_named ;;
    sentinel:*) decide_when_another_is_named ;;
    *) decide_by_disks ;;
    esac
}

decide_when_another_is_named() {
    look_at "$NAMED"
    word='a majority of the Sentinels names it'
    case $LATE:$role:$OWN_DATA:$data:$relation in
    # Refused by a standby, Redis would try again only a second later; and a standby may be about to yield.
    no:standby:*) echo "wait a majority of the Sentinels names $NAMED, which is still standby itself" ;;
    # Until it is master itself, it compares its data with this node's before it takes its role.
    *:down:* | *:loading:* | *:standby:* | *:replica:*) echo "follow $NAMED $word" ;;
    *:empty:*:* | *:lost:*:* | *:ahead | *:equal) echo "follow $NAMED $word" ;;
    *:heir) follow_heir ;;
    *:empty:*) protest_against_empty ;;
    *:fork) echo "replace $NAMED $word; it has not the last of this node's data" ;;
    *:older) echo "replace $NAMED $word, although its data is older than this node's" ;;
    *) echo "replace $NAMED $word, although its data has another history than this node's" ;;
    esac
}

# What a crashed master took last, nobody may have.
follow_heir() {
    case $OWN_FILE:$OWN_STOP:$LAST_ROLE in
    aof:crashed:master | torn:crashed:master) echo "replace $NAMED $word; this node crashed as master, and its last writes may not be there" ;;
    *) echo "follow $NAMED $word" ;;
    esac
}

protest_against_empty() {
    if [ -n "$newer" ]; then
        echo "wait the Sentinels name $NAMED, which is empty, and$newer has newer data than this node: it should be master"
    else
        echo "protest the Sentinels name $NAMED, which is empty, and this node has data"
    fi
}

decide_when_named() {
    if [ -n "$masters" ]; then
        # A promotion that the Sentinels have not seen yet looks like this; taking writes now would make two masters.
        if [ "$LATE" = yes ]; then
            echo "yield the Sentinels name this node, but$masters is master already"
        else
            echo "wait the Sentinels name this node, but$masters is master already: a failover may be under way"
        fi
    elif [ -n "$REPLACING" ]; then
        # It ends by itself, within failover-timeout.
        echo "wait the Sentinels name this node, but$REPLACING is replacing it"
    elif [ "$OWN_DATA" != intact ]; then
        decide_named_without_data
    elif [ -n "$DOUBTED" ] && [ "$LATE" != yes ]; then
        # Taking writes while another node is about to be promoted would make two masters.
        echo "wait the Sentinels name this node, but$DOUBTED may be replacing it"
    elif [ "$OWN_STOP:$LAST_ROLE:$newer" = clean:master: ]; then
        echo "master a majority of the Sentinels names it, and it stopped cleanly as master"
    elif [ "$OWN_STOP:$LAST_ROLE" != clean:master ] && [ -n "$takers" ] && [ "$LATE" != yes ]; then
        echo "yield it did not stop cleanly as master, and$takers has everything recorded here"
    elif [ -n "$newer" ]; then
        echo "yield$newer has newer data"
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
    elif [ $((2 * absent)) -ge "$nodes" ]; then
        # Too many to be sure that this is a first start.
        echo "wait it has no data, and$missing, which may have some, does not answer"
    else
        echo "master a majority of the Sentinels names it, and no node that answers has any data"
    fi
}

decide_without_sentinels() {
    if [ "$LATE" != yes ]; then
        echo 'wait no majority of the Sentinels names a master yet'
    elif [ -n "$masters" ]; then
        decide_beside_master_alone
    elif [ "$LAST_ROLE" = master ]; then
        decide_as_last_master_alone
    elif [ "$LAST_ROLE" = replica ] && is_peer "$LAST_MASTER"; then
        # A vote, not a risk: a standby master refuses the link until it is decided itself.
        echo "follow $LAST_MASTER no majority of the Sentinels answers; its disk says that it followed this node"
    elif [ "$LAST_ROLE" = replica ]; then
        echo "wait no majority of the Sentinels names a master, and its last one, $LAST_MASTER, is not planned any more"
    else
        echo 'wait no majority of the Sentinels names a master, and its disk does not say whom it followed'
    fi
}

decide_beside_master_alone() {
    look_at "$LAST_MASTER"
    case $role:$OWN_DATA:$relation in
    # Nothing is lost by it, and the group has one more copy of its data.
    master:intact:ahead | master:intact:equal | master:intact:heir | master:empty:* | master:lost:*)
        echo "follow $LAST_MASTER no majority of the Sentinels answers; it is master, and its disk says that it followed this node"
        ;;
    *) echo "wait no majority of the Sentinels names a master;$masters is one, only they can confirm it" ;;
    esac
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
