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

# choose_master: pure; from NAMED and NAMES (the other Sentinels), PEERS (here: all data nodes), INITIAL_MASTER and
# LATE (the bounded wait is over).
# Prints 'ADDRESS EPOCH REASON', or '- - REASON' to ask again. EPOCH is 'same' for a word that others have or will have
# too, and 'newer' for one that is to outrank what a Sentinel may remember from before.
# The nodes' word is what they follow, or, while they are undecided, what their disks say.
choose_master() {
    survey_group
    # shellcheck disable=SC2086 # lists
    elect $votes
    if is_one_of "$NAMED" "$DATA_NODES"; then
        echo "$NAMED same a majority of the other Sentinels names it"
    elif [ $((2 * most)) -gt "$nodes" ]; then
        echo "$elected newer $most of $nodes data nodes follow it, now or by their disks"
    elif [ -n "$missing" ] && [ "$LATE" != yes ]; then
        echo "- -$missing does not answer yet"
    else
        choose_without_majority
    fi
}

choose_without_majority() {
    # shellcheck disable=SC2086 # a list
    for name in $NAMES; do
        if is_one_of "$name" "$DATA_NODES"; then
            echo "$name same another Sentinel names it, and no majority of the data nodes follows another one"
            return
        fi
    done
    case $masters in
    ' '*' '*) echo "- - several nodes are master ($masters ), and no majority of the data nodes follows one of them" ;;
    ' '*) echo "${masters# } newer it is the only master among the data nodes" ;;
    *) if [ -n "$holders" ]; then choose_among_holders; else choose_as_planned; fi ;;
    esac
}

# Nobody is master, nobody is followed by most.
choose_among_holders() {
    if [ $((2 * absent)) -ge "$nodes" ]; then
        echo "- -$holders has data, but$missing, which may have newer data, does not answer"
    elif [ -n "$loading" ]; then
        echo "- -$loading still loads its data"
    elif [ -n "$elected" ]; then
        echo "$elected newer $most of the $((nodes - absent)) data nodes that answer follow it, now or by their disks"
    else
        echo "$newest newer it has the newest data of the $((nodes - absent)) data nodes that answer"
    fi
}

choose_as_planned() {
    case $answering in
    '') answer='no data node answers at all' ;;
    *) answer='no data node that answers has data' ;;
    esac
    [ -n "$missing" ] || answer='no data node has data'
    echo "$INITIAL_MASTER same it is planned as the first master, and $answer"
}

# One pass over PEERS, for all rules.
survey_group() {
    nodes=0 absent=0 masters='' replicas='' votes='' holders='' missing='' answering='' loading='' newest='' furthest=-1
    for peer in $PEERS; do
        read_peer "$peer"
        nodes=$((nodes + 1))
        case $role in
        down)
            absent=$((absent + 1))
            missing="$missing $address"
            continue
            ;;
        loading)
            missing="$missing $address" loading="$loading $address"
            holders="$holders $address"
            continue
            ;;
        master) masters="$masters $address" votes="$votes $address" ;;
        replica) replicas="$replicas $address" votes="$votes $master" ;;
        standby) [ "$master" = - ] || votes="$votes $master" ;;
        esac
        answering="$answering $address"
        if [ "$data" = data ] || [ "$role:$ready" = standby:ready ]; then
            holders="$holders $address"
            [ "$offset" -le "$furthest" ] || furthest=$offset newest=$address
        fi
    done
}

# elect VOTE...: sets 'elected' to the planned node that most others follow and that follows nobody itself, and 'most'
# to how many do
elect() {
    elected='' most=0
    for candidate; do
        if ! is_one_of "$candidate" "$DATA_NODES" || is_one_of "$candidate" "$replicas"; then continue; fi
        received=0
        for vote; do
            [ "$vote" != "$candidate" ] || received=$((received + 1))
        done
        [ "$received" -le "$most" ] || most=$received elected=$candidate
    done
}

# is_one_of WORD LIST
is_one_of() {
    case " $2 " in
    *" $1 "*) [ -n "$1" ] ;;
    *) false ;;
    esac
}

# find_master: sets MASTER and the epoch of that word; asks until someone's word settles it
find_master() {
    started=$(now) report_at=$(($(now) + 1)) LATE=no reported=''
    if is_one_of "$STATE_MASTER" "$DATA_NODES"; then
        MASTER=$STATE_MASTER
        say "decided: monitor $MASTER, because it was master by this Sentinel's own last word (epoch $CONFIG_EPOCH)"
        return
    fi
    while :; do
        # shellcheck disable=SC2086 # lists
        gather "$(without "$SELF" $SENTINELS)" "$DATA_NODES"
        choice=$(choose_master)
        MASTER=${choice%% *} choice=${choice#* }
        [ "$MASTER" = - ] || break
        time=$(now)
        [ $((time - started)) -lt "$BOOT_WAIT_S" ] || LATE=yes
        report_asking "${choice#* }"
        sleep 0.2
    done
    note_decided
    choose_epoch "${choice%% *}"
    say "other $HEARD; decided: monitor $MASTER (epoch $CONFIG_EPOCH), because ${choice#* }"
}

# Soon after the start, then every few seconds, and once the bound is over, every 30 s or when the reason changes.
report_asking() {
    case $LATE:$1 in
    "yes:$reported" | no:*) [ "$time" -ge "$report_at" ] || return 0 ;;
    esac
    reported=$1
    note_waiting "for $((time - started)) s, because $1"
    say "other $HEARD; still waiting after $((time - started)) s, because $1"
    case $LATE in
    yes) report_at=$((time + 30)) ;;
    *) report_at=$((time + 3)) ;;
    esac
}

# choose_epoch same|newer: the epoch belongs to the word. Sentinels believe the higher one, and never agree on
# different words of the same epoch: so each Sentinel has epochs of its own, and the next failover is above them all.
choose_epoch() {
    CONFIG_EPOCH=0
    # shellcheck disable=SC2086 # lists
    if [ "$1" = newer ]; then
        are_all "$MASTER" $NAMES || CONFIG_EPOCH=$((HIGHEST_EPOCH + $(place_of "$SELF" $SENTINELS)))
        HIGHEST_EPOCH=$((HIGHEST_EPOCH + $(words $SENTINELS)))
    fi
    [ "$CURRENT_EPOCH" -ge "$HIGHEST_EPOCH" ] || CURRENT_EPOCH=$HIGHEST_EPOCH
}

# are_all WORD WORDS...: there are some, and no others
are_all() {
    [ $# -gt 1 ] && [ -z "$(without "$@")" ]
}
