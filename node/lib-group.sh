# shellcheck shell=sh
# A Sentinel's word on who is master, at its start: its own last one, else the group's, else the nodes', else the plan's.

STATE=$DATA_DIR/sentinel.conf

# Sets STATE_MASTER and the epochs from the file that Sentinel rewrote in its last run, if there is one.
read_state() {
    STATE_MASTER='' CONFIG_EPOCH=0 LEADER_EPOCH=0 CURRENT_EPOCH=0
    [ -r "$STATE" ] || return 0
    state=$(sed -n 's/^sentinel //p' "$STATE")
    while read -r keyword name value port _; do
        case "$keyword $name $value" in
        'monitor '*) STATE_MASTER=$value:$port ;;
        'config-epoch '*) CONFIG_EPOCH=$value ;;
        'leader-epoch '*) LEADER_EPOCH=$value ;;
        'current-epoch '*) CURRENT_EPOCH=$name ;;
        esac
    done <<LINES
$state
LINES
}

# choose_master: pure; from NAMED and NAMES (the other Sentinels), PEERS (here: all data nodes), INITIAL_MASTER,
# LATE (the bounded wait is over) and OVERDUE (long enough for all nodes' disks to have had their say).
# Prints 'ADDRESS REASON', or '- REASON' to ask again. Careful, since Sentinels that start with different words in the
# same epoch never agree: what is contested is settled only when it is overdue.
choose_master() {
    masters='' replicas='' votes='' holders='' missing='' answering=''
    for peer in $PEERS; do
        address=${peer%%,*} rest=${peer#*,}
        role=${rest%%,*} rest=${rest#*,}
        master=${rest%%,*} rest=${rest#*,}
        [ "$role" = down ] || answering="$answering $address"
        case $role,$rest in
        down,*) missing="$missing $address" ;;
        master,*) masters="$masters $address" ;;
        replica,*) replicas="$replicas $address" votes="$votes $master" ;;
        standby,data,* | standby,*,ready,* | loading,*) holders="$holders $address" ;;
        esac
    done
    # shellcheck disable=SC2086 # lists
    elect $votes
    if is_one_of "$NAMED" "$DATA_NODES"; then
        echo "$NAMED a majority of the other Sentinels names it"
    elif [ -n "$masters" ]; then
        choose_among_masters
    elif [ -n "$elected" ] && { [ "$unanimous" = yes ] || [ "$OVERDUE" = yes ]; }; then
        settle "$elected" 'data nodes follow it'
    elif [ -n "$elected" ]; then
        echo "- only some data nodes follow $elected"
    elif [ -n "$holders" ]; then
        echo "-$holders has data, but no node is master or followed"
    elif [ -z "$missing" ]; then
        echo "$INITIAL_MASTER it is planned as the first master, and no data node has data"
    elif [ "$LATE" != yes ]; then
        echo "-$missing does not answer yet"
    elif [ -n "$answering" ]; then
        echo "$INITIAL_MASTER it is planned as the first master, and no data node that answers has data"
    else
        echo "$INITIAL_MASTER it is planned as the first master, and no data node answers at all"
    fi
}

choose_among_masters() {
    case $masters in
    ' '*' '*)
        if [ -n "$elected" ] && [ "$OVERDUE" = yes ]; then
            echo "$elected several nodes are master ($masters ), and most others follow it"
        else
            echo "- several nodes are master:$masters"
        fi
        ;;
    *)
        settle "${masters# }" 'it is the master among the data nodes'
        ;;
    esac
}

# settle ADDRESS REASON: unless another Sentinel says otherwise
settle() {
    if [ -n "$NAMES" ] && [ "$OVERDUE" != yes ] && ! is_one_of "$1" "$NAMES"; then
        echo "- of $1: $2; but another Sentinel names$NAMES"
    else
        echo "$1 $2"
    fi
}

# elect VOTE...: sets 'elected' to the node that most others follow and that follows nobody itself,
# and 'unanimous' if all others that answer follow it
elect() {
    elected='' unanimous=no most=0
    for candidate; do
        if ! is_one_of "$candidate" "$DATA_NODES" || is_one_of "$candidate" "$replicas"; then continue; fi
        received=0
        for vote; do
            [ "$vote" != "$candidate" ] || received=$((received + 1))
        done
        [ "$received" -le "$most" ] || most=$received elected=$candidate
    done
    # shellcheck disable=SC2046,SC2086 # lists
    [ "$most" -lt "$(words $(without "$elected" $answering))" ] || unanimous=yes
}

# is_one_of WORD LIST
is_one_of() {
    case " $2 " in
    *" $1 "*) [ -n "$1" ] ;;
    *) false ;;
    esac
}

# find_master: sets MASTER; asks until someone's word settles it
find_master() {
    started=$(now) report_at=$(($(now) + 1)) LATE=no OVERDUE=no
    if is_one_of "$STATE_MASTER" "$DATA_NODES"; then
        MASTER=$STATE_MASTER
        say "decided: monitor $MASTER, because it was master by this Sentinel's own last word (epoch $CONFIG_EPOCH)"
        return
    fi
    # The epoch belongs to the word: a new word must not outrank the others'.
    CONFIG_EPOCH=0
    while :; do
        # shellcheck disable=SC2086 # lists
        gather "$(without "$SELF" $SENTINELS)" "$DATA_NODES"
        choice=$(choose_master)
        MASTER=${choice%% *}
        [ "$MASTER" = - ] || break
        time=$(now)
        [ $((time - started)) -lt "$BOOT_WAIT_S" ] || LATE=yes
        [ $((time - started)) -lt $((2 * BOOT_WAIT_S + 10)) ] || OVERDUE=yes
        if [ "$time" -ge "$report_at" ]; then
            say "other $HEARD; still waiting after $((time - started)) s, because ${choice#-}"
            case $LATE in
            yes) report_at=$((time + 30)) ;;
            *) report_at=$((time + 3)) ;;
            esac
        fi
        sleep 0.2
    done
    say "other $HEARD; decided: monitor $MASTER, because ${choice#* }"
}
