# shellcheck shell=sh
# The master hands its role to a replica, without losing an acknowledged write: writes are held until the replica has
# them all, and Sentinel, which owns the roles, is asked at the moment at which it is fastest.

# Longest time for which writes stay held when this program dies in the middle: the server ends the pause by itself.
# Longer than any wait between two renewals. (Where the server is to end anyway, longer than it has to live.)
PAUSE_MS=10000
# Sentinel asks a replica for INFO every 10 s; one of them is hastened for the time of the hand-over.
HASTENED_MS=1000 USUAL_MS=10000

# hand_over [ADDRESS]: to this replica, or to the one with the least to catch up. handover_begin has set the bounds.
#   0  done: SUCCESSOR is the master, this node follows it, writes were held for PAUSED_MS
#   1  not done: this node is still the master, and takes writes
#   2  in doubt: nobody says how the failover ended; writes are still held, for pause_ms at most
# FAILOVER_ASKED says whether a Sentinel was asked at all.
hand_over() {
    PREFERRED='' LEADER='' FAILOVER_ASKED=no chosen='' tries=0 looked_twice=no
    while :; do
        choose_and_align "${1-}" && switch_over
        result=$?
        [ "$result" = 4 ] || break
    done
    raise_fence
    undo_preparations
    return "$result"
}

# Below the container's grace period, which must also do for the server's own end.
handover_begin() {
    budget=$((STOP_GRACE_S * 2 / 3)) began=$(now)
    handover_ends=$((began + budget)) pause_ms=$PAUSE_MS
    [ "${stopping-no}" = no ] || pause_ms=$((STOP_GRACE_S * 1000))
}

# Chooses again when the chosen one is gone meanwhile; returns at the moment at which to go on.
choose_and_align() {
    preparing_ends=$((began + budget * 3 / 5)) view=''
    while :; do
        survey
        if ! is_named; then
            look_twice && continue
            say "nothing is switched: $WHY_NONE"
            return 1
        fi
        # The one that was chosen before, if it is still fit: a Sentinel would need another second to hear of another.
        pick_successor "${1:-$chosen}" "$standings"
        [ -n "$SUCCESSOR$1" ] || pick_successor '' "$standings"
        if [ -z "$SUCCESSOR" ]; then
            look_twice && continue
            say "nothing is switched, since no replica can take over: $WHY_NONE"
            return 1
        fi
        prefer_successor
        await_moment && return
        if [ "$stop_asked" = yes ]; then
            say 'nothing is switched: stopped as asked'
            return 1
        elif [ "$(now)" -ge "$preparing_ends" ]; then
            say "nothing is switched: no Sentinel would promote $SUCCESSOR within $((preparing_ends - began)) s"
            return 1
        fi
        # What a Sentinel sees and what the nodes say may differ for a moment.
        sleep 0.2
    done
}

# On a busy machine an answer may come too late once; when everything is being stopped, more would only take time.
look_twice() {
    [ "$looked_twice" = no ] || return
    looked_twice=yes
    sleep 0.3
}

# Sets 'standings' (for pick_successor), 'sentinels_said' and, of the Sentinels, HEARD_BY (all that answered) and
# ABLE (those that would carry out a failover from this node).
survey() {
    # shellcheck disable=SC2046,SC2086 # lists
    said=$(survey_all $(without "$SELF" $DATA_NODES) | sort)
    standings='' HEARD_BY='' ABLE='' names=''
    while read -r kind address tilt word; do
        case $kind:$tilt:$word in
        node:*) standings="$standings$address $tilt $word
" ;;
        sentinel:-:*) ;;
        # In TILT it says OK, and then does nothing for half a minute.
        sentinel:*) HEARD_BY="$HEARD_BY $address" names="$names $word" ;;
        esac
        case $kind:$tilt:$word in
        sentinel:0:"$SELF") ABLE="$ABLE $address" ;;
        esac
    done <<SAID
$said
SAID
}

survey_all() (
    # shellcheck disable=SC2086 # a list
    {
        at_once sentinel_fitness $SENTINELS &
        at_once node_standing "$@" &
    }
    wait
)

# Prints: sentinel ADDRESS TILT NAMED
sentinel_fitness() {
    word=$(ask "$1" 'INFO sentinel' "SENTINEL GET-MASTER-ADDR-BY-NAME $MASTER_NAME" | {
        tilt='' host='' last=''
        while read -r line; do
            host=$last last=$line
            case $line in
            sentinel_tilt:*) tilt=${line#*:} ;;
            esac
        done
        [ -z "$tilt" ] || echo "$tilt $host:$last"
    })
    echo "sentinel $1 ${word:--}"
}

# Prints: node ADDRESS ROLE MASTER LINK PRIORITY OFFSET
node_standing() {
    ask_info "$1"
    echo "node $1 $INFO_ROLE $INFO_MASTER $INFO_LINK $INFO_PRIORITY $INFO_OFFSET"
}

# Without a majority a failover would make two masters; without an able Sentinel nobody carries it out.
is_named() {
    # shellcheck disable=SC2086 # lists
    {
        configured=$(words $SENTINELS)
        named=$(majority_of "$configured" $names)
        WHY_NONE="of $configured Sentinels $(words $HEARD_BY) answer"
    }
    if [ "$named" != "$SELF" ]; then
        WHY_NONE="$WHY_NONE, and ${named:-no one} is named by a majority"
        return 1
    fi
    WHY_NONE="$WHY_NONE, and all of them are in TILT"
    [ -n "$ABLE" ]
}

# The best priority of all for the successor. PREFERRED: ADDRESS=PRIORITY of all that was changed, as it was.
prefer_successor() {
    [ "$SUCCESSOR" != "$chosen" ] || return 0
    chosen=$SUCCESSOR
    while read -r address role _ _ priority _; do
        case $role:$address:$priority in
        replica:"$SUCCESSOR":1) ;;
        replica:"$SUCCESSOR":*) change_priority "$address" "$priority" 1 ;;
        replica:*:1) change_priority "$address" "$priority" 100 ;;
        esac
    done <<STANDINGS
$standings
STANDINGS
    say "$SUCCESSOR is preferred for promotion"
}

# change_priority ADDRESS FROM TO
change_priority() {
    case " $PREFERRED" in
    *" $1="*) ;;
    *) PREFERRED="$PREFERRED $1=$2" ;;
    esac
    ask "$1" "CONFIG SET replica-priority $3" >/dev/null
}

# Waits until a Sentinel would promote the successor and no other, and is just before its next INFO of it. Returns
# false when it is gone, or the time is over, or stopping was asked for.
await_moment() {
    aligned=yes unheard=0
    while [ "$stop_asked" = no ]; do
        hasten_leader || return
        view=$(view_of "$LEADER")
        pause_s=0.05
        # shellcheck disable=SC2086 # a list
        case $view in
        willing*)
            pause_s=$(until_moment "${view#* }")
            [ -n "$pause_s" ] || return 0
            ;;
        gone) return 1 ;;
        unaware)
            # Overwhelmed, they may not have heard; and the successor's own scripts may have set another one.
            unheard=$((unheard + 1))
            [ $((unheard % 30)) != 0 ] || prefer_again
            ;;
        '') ABLE=$(without "$LEADER" $ABLE) ;;
        esac
        if [ "$(now)" -ge "$preparing_ends" ]; then
            [ "${view%% *}" = willing ] || return 1
            say 'no Sentinel is at the best moment; writes will be held for a second longer'
            aligned=no
            return 0
        fi
        sleep "$pause_s"
    done
    return 1
}

# LEADER: the last of the able ones; the others keep their pace. Most clients ask the first Sentinel first, and of the one
# that leads some get a wrong answer: until all replicas are told, a second later, its SENTINEL MASTERS has the old master.
hasten_leader() {
    able=''
    for sentinel in $SENTINELS; do
        case " $ABLE " in
        *" $sentinel "*) able=$sentinel ;;
        esac
    done
    [ -n "$able" ] || return
    [ "$LEADER" != "$able" ] || return 0
    slow_down
    LEADER=$able
    ask "$LEADER" "SENTINEL DEBUG INFO-PERIOD $HASTENED_MS" >/dev/null
    return 0
}

prefer_again() {
    ask "$SUCCESSOR" 'CONFIG SET replica-priority 1' >/dev/null
    ask "$LEADER" "SENTINEL DEBUG INFO-PERIOD $HASTENED_MS" >/dev/null
}

slow_down() {
    [ -z "$LEADER" ] || ask "$LEADER" "SENTINEL DEBUG INFO-PERIOD $USUAL_MS" >/dev/null
}

# view_of SENTINEL: as judge_view; nothing when it does not answer
view_of() {
    rows=$(ask "$1" "SENTINEL REPLICAS $MASTER_NAME") || return
    judge_view "$SUCCESSOR" <<ROWS
$rows
ROWS
}

undo_preparations() {
    # shellcheck disable=SC2086 # a list
    at_once restore_priority $PREFERRED
    slow_down
}

# restore_priority ADDRESS=PRIORITY; one that is gone starts with its own
restore_priority() { ask "${1%=*}" "CONFIG SET replica-priority ${1##*=}" >/dev/null; }
