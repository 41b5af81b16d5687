# shellcheck shell=sh
# From standby to a role: ask, decide, apply; and ask again for as long as it takes.

server_runs() { kill -0 "$server_pid" 2>/dev/null; }

# take_role: returns once the own server has a role
take_role() {
    await_loaded
    started=$(now) report_at=$(now) failover_asked=0 LATE=no pause=0.2 vote='' reported=''
    while server_runs; do
        hold_way_in
        read_group
        waited=$(($(now) - started))
        [ "$waited" -lt "$BOOT_WAIT_S" ] || LATE=yes
        record_state
        case $INFO_ROLE:$INFO_MASTER in
        standby:* | replica:"$vote") ;;
        master:* | replica:*)
            # Sentinel and people move roles with REPLICAOF too: their word stands.
            say "role set from outside: $INFO_ROLE $INFO_MASTER"
            break
            ;;
        *)
            sleep "$pause"
            continue
            ;;
        esac
        weigh_own_data
        [ "${noted-}" = "$OWN_ID-$OWN_OFFSET-$OWN_PAST" ] || show_position
        # shellcheck disable=SC2086 # a list
        gather "$SENTINELS" "$(without "$SELF" $DATA_NODES)"
        welcome_promotion
        # Before the decision is recorded there.
        disk=$(disk_in_words)
        decision=$(decide)
        apply "$decision" && break
        mind_sentinels
        report_waiting
        sleep "$pause"
    done
    give_info
    note_decided
    restore_log
}

# Loading may take minutes; only the server's own end ends the wait.
await_loaded() {
    waiting_since=$(now) report_at=$(($(now) + 10))
    while server_runs; do
        ask_info "$OWN_SERVER"
        case $INFO_ROLE in
        loading)
            hold_way_in
            mind_loading
            sleep 0.2
            ;;
        down) sleep 0.05 ;;
        *) return ;;
        esac
        if [ "$(now)" -ge "$report_at" ]; then
            say "waiting for the server to load its data, $(($(now) - waiting_since)) s so far ($INFO_ROLE)"
            report_at=$(($(now) + 10))
        fi
    done
}

# apply DECISION: true when that settles the role
apply() {
    verdict=${1%% *} reason=${1#* }
    case $verdict in
    master)
        if lacks_its_aof; then
            reason="$reason; but its append-only file is still being written"
            return 1
        fi
        write_role master "$SELF"
        tell 'REPLICAOF NO ONE' || return
        note_own_decision
        report_decision "master, because $reason"
        ;;
    follow) follow "${reason%% *}" "${reason#* }" ;;
    replace)
        set_data_aside
        follow "${reason%% *}" "${reason#* }"
        ;;
    yield)
        ask_failover
        false
        ;;
    protest)
        # Sentinel itself makes it a replica of the empty master after failover-timeout.
        [ "${protested-no}" = yes ] || set_data_aside
        protested=yes
        prefer_for_promotion
        # shellcheck disable=SC2086 # a list
        ANSWERING=$(at_once preferring_sentinel $ANSWERING)
        if [ -n "$ANSWERING" ]; then
            ask_failover
        else
            reason="$reason; the Sentinels do not know yet that this node is to be preferred"
        fi
        false
        ;;
    *) false ;;
    esac
}

# follow ADDRESS REASON
follow() {
    [ "$1" != "$vote" ] || [ -n "$NAMED" ] || return
    write_role replica "$1"
    become_replica "$1" || return
    report_decision "follow $1, because $2"
    if [ "$TOPOLOGY:$NAMED" = sentinel: ]; then
        # By the disk's word alone: it stands only until a majority of the Sentinels has one.
        vote=$1
        false
    fi
}

report_decision() {
    say "$HEARD; $disk; decided: $1"
}

disk_in_words() {
    last=$LAST_ROLE
    case $LAST_ROLE in
    replica) last="replica of $LAST_MASTER" ;;
    esac
    echo "disk: last role $last, stop $OWN_STOP, data $OWN_DATA ($OWN_FILE), offset $OWN_OFFSET"
}

# One Sentinel after the other until one says OK: two failovers at once would fight.
ask_failover() {
    [ $(($(now) - failover_asked)) -ge 5 ] || return 0
    reply='none of the Sentinels can be asked'
    # shellcheck disable=SC2086 # a list
    for sentinel in $(at_once rank_sentinel $ANSWERING | sort | cut -d' ' -f 2); do
        # Fails only if it was not let in, and so was not heard.
        reply=$(ask "$sentinel" "SENTINEL FAILOVER $MASTER_NAME") || continue
        case $reply in
        # Without an answer it may have been heard all the same.
        OK | INPROG* | '')
            failover_asked=$(now)
            report_decision "ask for a failover, because $reason; $sentinel: ${reply:-no answer}"
            return
            ;;
        esac
    done
    reason="$reason; asked for a failover, the last reply: ${reply:-no answer}"
}

# Prints which Sentinels to ask first: `1 ADDRESS` or `2 ADDRESS`. None that is in TILT, in which it says OK, and then
# does nothing for half a minute. In a failover a Sentinel asks those replicas again of which it heard more than a second
# ago, just before it chooses; of the others it goes by what they had before the master was gone: so it comes second.
rank_sentinel() {
    ask "$1" 'INFO sentinel' "SENTINEL REPLICAS $MASTER_NAME" | awk -v sentinel="$1" '
        $0 == "sentinel_tilt:0" { calm = 1 }
        $0 == "name" { replicas = 1 }
        !replicas { next }
        name == "info-refresh" { age = $0 }
        name == "master-link-status" && $0 == "ok" && age < 1000 { stale = 1 }
        { name = name == "" ? $0 : "" }
        END { if (calm) print 1 + (stale || !replicas), sentinel }'
}

# Soon after the start, then every few seconds, and once the bound is over, every 30 s or when the reason changes.
report_waiting() {
    [ "$LATE" = no ] || pause=2
    time=$(now)
    case $LATE:$reason in
    "yes:$reported" | no:*) [ "$time" -gt "$report_at" ] || return 0 ;;
    esac
    reported=$reason
    quiet_log
    note_waiting "for $waited s, because $reason"
    say "$HEARD; $disk; still undecided after $waited s, because $reason"
    case $LATE in
    yes) report_at=$((time + 29)) ;;
    *) report_at=$((time + 3)) ;;
    esac
}

# A standby's server complains every second about the master that it is not meant to reach.
quiet_log() {
    [ -z "${planned_log-}" ] || return 0
    planned_log=$(ask "$OWN_SERVER" 'CONFIG GET loglevel' | sed -n 2p)
    tell 'CONFIG SET loglevel warning'
}

restore_log() {
    [ -z "${planned_log-}" ] || tell "CONFIG SET loglevel $planned_log"
}
