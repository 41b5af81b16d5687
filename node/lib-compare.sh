# shellcheck shell=sh
# Whose data is newer: pure, for decide.sh, which explains the facts.

# One pass over PEERS, for all rules.
survey_peers() {
    nodes=1 absent=0 missing='' holders='' takers='' newer='' masters='' followers=0 followed='' looks=''
    for peer in $PEERS; do
        nodes=$((nodes + 1))
        read_peer "$peer"
        case $role in
        down | loading)
            absent=$((absent + 1))
            missing="$missing $address"
            looks="$looks $address,$role,-,stranger,0"
            continue
            ;;
        master) masters="$masters $address" ;;
        replica) if [ "$master" = "$SELF" ]; then followers=$((followers + 1)); else followed=$master; fi ;;
        esac
        relate
        looks="$looks $address,$role,$data,$relation,$offset"
        [ "$data" = empty ] || weigh_peer
    done
}

# read_peer WORD
read_peer() {
    address=${1%%,*} rest=${1#*,}
    role=${rest%%,*} rest=${rest#*,}
    master=${rest%%,*} rest=${rest#*,}
    data=${rest%%,*} rest=${rest#*,}
    ready=${rest%%,*} rest=${rest#*,}
    id=${rest%%,*} rest=${rest#*,}
    offset=${rest%%,*} past=${rest#*,}
}

# Of a peer with data: may it take over, must it be asked to?
weigh_peer() {
    holders="$holders $address"
    case $relation in
    # By offsets within one history, a master's own append-only file has everything that its replicas have.
    ahead) [ "$OWN_FILE:$LAST_ROLE" = aof:master ] || newer="$newer $address" ;;
    heir | fork) newer="$newer $address" ;;
    stranger) [ "$offset" -le "$OWN_OFFSET" ] || newer="$newer $address" ;;
    esac
    # A standby, or a replica that was restarted too, has only what its disk has, and it is not up to that to go before a
    # master's own disk.
    case $role:$ready:$relation in
    replica:ready:ahead | replica:ready:equal | replica:ready:heir | replica:ready:fork) takers="$takers $address" ;;
    esac
}

# relate: how the peer's data stands to the own, as 'relation'
#   ahead, equal   the same history, further or as far       heir   goes on where the own data ends
#   fork           goes on from before the own data's end    older  the own data goes on where it ends, or is further
#   stranger       no common history is known
relate() {
    if [ "$id" = "$OWN_ID" ]; then
        if [ "$offset" -gt "$OWN_OFFSET" ]; then
            relation=ahead
        elif [ "$offset" = "$OWN_OFFSET" ]; then
            relation=equal
        else
            relation=older
        fi
    elif end_of "$OWN_ID" "$past"; then
        if [ "$end" -ge "$OWN_OFFSET" ]; then relation=heir; else relation=fork; fi
    elif [ "$OWN_FILE:$id" = "rdb:$LAST_ID" ] && [ "$offset" -ge "$OWN_OFFSET" ]; then
        # The marker tells that this node was there, further than its snapshot.
        relation=heir
    elif end_of "$id" "$OWN_PAST"; then
        relation=older
    else
        relation=stranger
    fi
}

# end_of ID PAST: sets 'end' to where that history was left for another one
end_of() {
    case .$2. in
    *".$1."*)
        end=.$2.
        end=${end#*".$1."}
        end=${end%%.*}
        ;;
    *) false ;;
    esac
}

# look_at ADDRESS: sets role, data, relation and offset of that peer
look_at() {
    role=down data=- relation=stranger offset=0
    case "$looks " in
    *" $1,"*) ;;
    *) return ;;
    esac
    rest=${looks#*" $1,"}
    rest=${rest%% *}
    role=${rest%%,*} rest=${rest#*,}
    data=${rest%%,*} rest=${rest#*,}
    relation=${rest%%,*} offset=${rest#*,}
}

is_peer() {
    case " $PEERS" in
    *" $1,"*) true ;;
    *) false ;;
    esac
}
