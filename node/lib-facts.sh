# shellcheck shell=sh
# What the others say, asked of all of them at the same time.

# majority_of COUNT ADDRESS...: prints the address that more than half of COUNT voters name
majority_of() {
    voters=$1
    shift
    for candidate; do
        votes=0
        for vote; do
            [ "$vote" != "$candidate" ] || votes=$((votes + 1))
        done
        if [ $((2 * votes)) -gt "$voters" ]; then
            echo "$candidate"
            return
        fi
    done
}

# Each prints one line: KIND ADDRESS ANSWER

# The master's address, with a ! behind it if this Sentinel sees it down, will before it asks it again, or is replacing
# it; the epoch of that word; in which role it saw it last; and `replacing`, if it is.
sentinel_word() {
    word=$(ask "$1" "SENTINEL GET-MASTER-ADDR-BY-NAME $MASTER_NAME" "SENTINEL MASTER $MASTER_NAME" | {
        read -r host && read -r port && echo "$host:$port$(doubt_and_epoch)"
    })
    echo "sentinel $1 ${word:--}"
}

# Of what SENTINEL MASTER answers, names and values in turn.
doubt_and_epoch() {
    doubt='' epoch=0 replacing='' role_seen=master seen_for=0 asked_before=0 down_after=0
    while read -r key && read -r value; do
        case $key,$value, in
        flags,*failover_in_progress,*) doubt=! replacing=replacing ;;
        flags,*_down,*) doubt=! ;;
        down-after-milliseconds,*) down_after=$value ;;
        info-refresh,*) asked_before=$value ;;
        role-reported,*) role_seen=$value ;;
        role-reported-time,*) seen_for=$value ;;
        config-epoch,*) epoch=$value ;;
        esac
    done
    ! is_losing_patience || doubt=!
    echo "$doubt $epoch $role_seen $replacing"
}

# Sentinel asks for INFO this often; a master that has said for two of these times and down-after that it is a replica, is
# down for it. In milliseconds, as what comes of SENTINEL MASTER.
INFO_PERIOD_MS=10000
# From a look at it to a role that it can hear of.
TO_ROLE_MS=3000

# Whether Sentinel will hold the master for down before it can hear that it is one.
is_losing_patience() {
    [ "$role_seen" = slave ] || return
    asks_in=$((INFO_PERIOD_MS - asked_before))
    [ "$asks_in" -gt 0 ] || asks_in=0
    [ $((asks_in + TO_ROLE_MS)) -ge $((down_after + 2 * INFO_PERIOD_MS - seen_for)) ]
}

# ROLE,MASTER,DATA,READY,ID,OFFSET,PAST as decide.sh wants them
node_word() {
    ask_info "$1"
    read_history
    case $INFO_ROLE:$INFO_PRIORITY:$note_kind:$INFO_LINK in
    master:*) ready=ready ;;
    *:0:*) ready=raw ;;
    replica:*:recorded:down | replica:*:recorded:syncing) ready=disk ;;
    *) ready=ready ;;
    esac
    echo "node $1 $INFO_ROLE,$INFO_MASTER,$INFO_DATA,$ready,$INFO_ID,$INFO_OFFSET,$INFO_PAST"
}

# gather SENTINELS NODES: sets NAMED, NAMES (the answers), ANSWERING (Sentinels that answered), DOUBTED (by which), REPLACING (who is),
# UNSEEN (those that have not seen the one they name in that role),
# PEERS (for decide), HIGHEST_EPOCH (of the Sentinels' words) and HEARD (all of it as a sentence)
gather() {
    NAMES='' ANSWERING='' DOUBTED='' REPLACING='' UNSEEN='' PEERS='' HIGHEST_EPOCH=0 heard_nodes=''
    # Not within the here-document: its pipe would leak into busybox's `timeout`, whose watcher keeps it open for 1 s.
    answers=$(ask_all "$1" "$2" | sort)
    while read -r kind address answer epoch role_seen replacing; do
        case $kind:$answer in
        sentinel:-) ;;
        sentinel:*)
            ANSWERING="$ANSWERING $address"
            [ "${epoch:-0}" -le "$HIGHEST_EPOCH" ] || HIGHEST_EPOCH=$epoch
            NAMES="$NAMES ${answer%!}"
            [ "$role_seen" != slave ] || UNSEEN="$UNSEEN $address"
            [ -z "${replacing:-}" ] || REPLACING="$REPLACING $address"
            [ "$answer" = "${answer%!}" ] || DOUBTED="$DOUBTED $address"
            ;;
        node:*)
            PEERS="$PEERS $address,$answer"
            heard_nodes="$heard_nodes${heard_nodes:+, }$address $(in_words "$answer")"
            ;;
        esac
    done <<ANSWERS
$answers
ANSWERS
    # shellcheck disable=SC2086 # lists
    {
        configured=$(words $1)
        NAMED=$(majority_of "$configured" $NAMES)
        HEARD="sentinels: $(words $ANSWERING)/$configured name ${NAMED:-no one by majority}"
        [ -n "$NAMED" ] || HEARD="$HEARD${NAMES:+ (they say$NAMES)}"
        HEARD="$HEARD${DOUBTED:+ (down, about to be, or being replaced, says$DOUBTED)}"
    }
    [ -n "$1" ] || HEARD='sentinels: none configured'
    HEARD="$HEARD; peers: ${heard_nodes:-none configured}"
}

ask_all() (
    # shellcheck disable=SC2086 # lists
    {
        at_once sentinel_word $1 &
        at_once node_word $2 &
    }
    wait
)

# in_words ROLE,MASTER,DATA,READY,ID,OFFSET,PAST
in_words() (
    IFS=,
    # shellcheck disable=SC2086 # split at commas
    set -- $1
    case $1 in
    down | loading) echo "$1" ;;
    replica) echo "$1 of $2 ($3, $4, offset $6)" ;;
    standby)
        last=", last master $2"
        [ "$2" != - ] || last=''
        echo "standby ($3, $4, offset $6$last)"
        ;;
    *) echo "$1 ($3, $4, offset $6)" ;;
    esac
)

# place_of WORD LIST: prints 1 for the first one
place_of() {
    wanted=$1 place=1
    shift
    for word; do
        [ "$word" != "$wanted" ] || break
        place=$((place + 1))
    done
    echo "$place"
}
