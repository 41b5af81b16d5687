# shellcheck shell=sh
# The part of a hand-over for which writes are held.

# switch_over: the results of hand_over, or 4: nothing was switched, since the moment for it was missed
switch_over() {
    HELD_SINCE='' next=''
    if ! await_caught_up; then
        is_being_replaced || {
            resume
            return
        }
    elif ! is_in_time; then
        let_go && say 'the moment was missed; writes go on until the next one'
        return 4
    elif ! ask_for_failover; then
        resume
        return
    fi
    await_switch
    case $next in
    '') judge_unfinished ;;
    *) step_down ;;
    esac
}

# Whether it is still the moment to ask, after all that it took to get here. On a busy machine that may be too long;
# trying again holds writes for less time than waiting for Sentinel's INFO would.
is_in_time() {
    tries=$((tries + 1))
    # Stopped itself meanwhile (a frozen machine), it must not rely on a pause that may have run out.
    [ $(($(now) - ${held_at%% *})) -lt $((PAUSE_MS / 2000)) ] || return
    [ "$tries" -lt 4 ] && [ "$aligned" = yes ] || return 0
    view=$(view_of "$LEADER")
    case $view in
    willing*) ;;
    *) return 0 ;;
    esac
    [ "${view#* }" -ge "$MOMENT_FROM" ] && [ "${view#* }" -le "$MOMENT_OVER" ]
}

# A Sentinel that took this node for down may be replacing it by itself: what was written here from now on would be lost.
is_being_replaced() {
    sentinel=$LEADER
    # shellcheck disable=SC2086 # a list
    at_once sentinel_word $HEARD_BY | grep -q -e ' replacing$' -e "^[^ ]* [^ ]* $SUCCESSOR" || return
    FAILOVER_ASKED=yes
    say "a Sentinel replaces this node already ($WHY_NONE)"
}

let_go() { tell 'CLIENT UNPAUSE'; }

# Holds writes back, or goes on holding them: at 'own_offset' nothing more comes, from now on for pause_ms.
hold_writes() {
    held=$(ask "$OWN_SERVER" "CLIENT PAUSE $pause_ms WRITE" 'INFO replication' TIME) || return
    case $held in
    OK*) ;;
    *) return 1 ;;
    esac
    own_offset='' seconds='' held_at=''
    while read -r line; do
        case $line in
        master_repl_offset:*) own_offset=${line#*:} ;;
        esac
        held_at="$seconds $line" seconds=$line
    done <<REPLIES
$held
REPLIES
    # An answer that the bound on its time cut short does not end with the time.
    case $held_at in
    *[!0-9\ ]*) return 1 ;;
    esac
    [ -n "$own_offset" ]
}

# Both are asked themselves: what a master knows of a replica's offset is up to a second old. The pause is renewed
# before each comparison, so that a pause that ran out (a frozen machine) is never taken for one that holds.
await_caught_up() {
    catching_up_ends=$(($(now) + (budget + 4) / 5)) WHY_NONE='the own server does not hold writes back'
    while hold_writes; do
        if [ -z "$HELD_SINCE" ]; then
            HELD_SINCE=$held_at
            say 'writes are held'
        fi
        # shellcheck disable=SC2046 # fields
        set -- $(node_standing "$SUCCESSOR")
        reason=$(why_unfit "$3" "$4" "$5" "$6")
        if [ -z "$reason" ] && [ "$7" -ge "$own_offset" ]; then
            say "$SUCCESSOR has every write (offset $7)"
            return
        fi
        WHY_NONE="$SUCCESSOR ${reason:-is still $((own_offset - $7)) bytes behind}"
        [ "$stop_asked" = no ] || WHY_NONE='stopped as asked'
        if [ "$3" = down ] || [ "$3" = master ] || [ "$stop_asked" = yes ] || [ "$(now)" -ge "$catching_up_ends" ]; then
            return 1
        fi
        sleep 0.01
    done
    return 1
}

# One Sentinel after the other until one says OK: two failovers at once would fight.
ask_for_failover() {
    WHY_NONE=''
    lift_fences "$SUCCESSOR"
    # shellcheck disable=SC2086 # a list
    for sentinel in $LEADER $(without "$LEADER" $ABLE); do
        view=willing
        [ "$sentinel" = "$LEADER" ] || view=$(view_of "$sentinel")
        case $view in
        willing*) ;;
        *)
            WHY_NONE="$WHY_NONE; $sentinel does not see $SUCCESSOR as the preferred replica"
            continue
            ;;
        esac
        # Fails only if it was not let in, and so was not heard.
        reply=$(ask "$sentinel" "SENTINEL FAILOVER $MASTER_NAME") || reply='ERR no answer'
        case $reply in
        NOGOODSLAVE* | ERR* | IDONTKNOW* | LOADING*) WHY_NONE="$WHY_NONE; $sentinel: $reply" ;;
        *)
            FAILOVER_ASKED=yes
            # Without an answer it may have been heard all the same.
            say "$sentinel starts the failover (${reply:-no answer})"
            return 0
            ;;
        esac
    done
    WHY_NONE="no Sentinel starts a failover (${WHY_NONE#; })"
    return 1
}

# Sets 'next' to the node that a majority of the Sentinels names instead of this one. Until then this node stays the
# master that holds writes back: as a replica it would tell READONLY to whoever comes, and the Sentinels still send all
# here. Gives up early when there is no majority left to name anyone: when everything is being stopped, waiting for it
# would only use up the time.
await_switch() {
    next='' silent_rounds=0 round=0 behind=0
    # shellcheck disable=SC2086 # a list
    configured=$(words $SENTINELS)
    while [ "$(now)" -lt "$handover_ends" ]; do
        # Renewed about every second; not each time, since what is asked beside it waits for it.
        round=$((round + 1))
        [ $((round % 8)) != 1 ] || hold_writes
        # Those that answered before: one that is cut off would cost a second each time.
        # shellcheck disable=SC2046,SC2086 # lists
        {
            set -- $(at_once named_by $HEARD_BY)
            named=$(majority_of "$configured" "$@")
        }
        if [ -n "$named" ] && [ "$named" != "$SELF" ]; then
            next=$named
            is_known_to_all "$@" && return
        fi
        if [ $((2 * $#)) -gt "$configured" ]; then silent_rounds=0; else silent_rounds=$((silent_rounds + 1)); fi
        [ "$silent_rounds" -lt 3 ] || return 0
        sleep 0.02
    done
}

# is_known_to_all NAMED...: whether all that answered name 'next'. It takes them a tenth of a second, on a busy machine up
# to one, and a client that asks the last one would be sent back here, to be told READONLY. One that does not hear of it
# is waited for no longer.
is_known_to_all() {
    behind=$((behind + 1))
    [ "$behind" -ge 16 ] || [ -z "$(without "$next" "$@")" ]
}

# Prints the address that a Sentinel names, or nothing.
named_by() {
    ask "$1" "SENTINEL GET-MASTER-ADDR-BY-NAME $MASTER_NAME" | {
        read -r host && read -r port && echo "$host:$port"
    }
}

# Ahead of the change, since a kill right after it must not bring the old role back. While the node runs on, it records
# its role itself, every second.
record_following() {
    [ "${stopping-no}" = no ] || write_role replica "$1"
}

# No majority named another in time; only the successor itself knows whether it was promoted.
judge_unfinished() {
    # shellcheck disable=SC2046 # fields
    set -- $(node_standing "$SUCCESSOR")
    WHY_NONE="the failover was not finished within $((handover_ends - began)) s"
    [ "$silent_rounds" -lt 3 ] || WHY_NONE='no majority of the Sentinels answers any more'
    case $3:$4:$5 in
    master:*)
        say "$WHY_NONE, but $SUCCESSOR was promoted"
        next=$SUCCESSOR
        step_down
        ;;
    replica:"$SELF":up) if has_given_up; then
        resume
    else
        say "in doubt: $WHY_NONE, and $sentinel may still promote $SUCCESSOR"
        return 2
    fi ;;
    *)
        say "in doubt: $WHY_NONE, and $SUCCESSOR $(why_unfit "$3" "$4" "$5" 1)"
        return 2
        ;;
    esac
}

# Whether the Sentinel that was asked says itself that no failover is under way; one that does not answer may go on with
# it when it can again.
has_given_up() {
    case $(sentinel_word "$sentinel") in
    *replacing | *' -') false ;;
    "sentinel $sentinel $SELF"*) true ;;
    *) false ;;
    esac
}

# resume: nothing was switched, and writes go on; always false
resume() {
    raise_fence
    if let_go; then
        say "nothing is switched, and writes go on: $WHY_NONE"
    else
        say "nothing is switched, and writes go on within $((pause_ms / 1000)) s: $WHY_NONE"
    fi
    return 1
}

# The old master becomes a replica of 'next', and its clients, whose held writes were never acknowledged, look for the
# new master and write there.
step_down() {
    SUCCESSOR=$next
    record_following "$next"
    replies=$(ask_to_follow "$next" 'CLIENT UNPAUSE' EXEC TIME)
    # OK, four times QUEUED, then the four results and the time: two lines
    count=0 obeyed='no answer' seconds='' released_at=''
    while read -r line; do
        count=$((count + 1))
        [ "$count" != 8 ] || obeyed=$line
        released_at="$seconds $line" seconds=$line
    done <<REPLIES
$replies
REPLIES
    case $obeyed in
    OK*) ;;
    *)
        say "in doubt: $next is the master now, but this node does not obey ($obeyed); Sentinel demotes it"
        return 2
        ;;
    esac
    # shellcheck disable=SC2086 # seconds and microseconds
    PAUSED_MS=$(elapsed_ms $HELD_SINCE $released_at)
    say "this node follows $next; writes were held for $PAUSED_MS ms"
}

# elapsed_ms SECONDS MICROSECONDS SECONDS MICROSECONDS
elapsed_ms() { echo $((($3 - $1) * 1000 + $4 / 1000 - $2 / 1000)); }
