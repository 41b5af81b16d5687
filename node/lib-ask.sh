# shellcheck shell=sh
# Talking to servers, as `admin`: the only place that knows the client program and its bounds.

# The setting that holds a data node's note for the others (lib-note.sh).
NOTE=cluster-announce-hostname

# A dead peer costs this much, however many are dead: several are always asked at the same time.
ANSWER_S=1

# ask HOST:PORT COMMAND...: prints the replies; fails if the server did not answer (1), or did not let us in (2). The own
# server is asked over the connection that is held where it lets nobody else in.
# The password goes through stdin, since arguments and environments can be read by others.
ask() {
    at=$1
    shift
    # Anew each time: it may be rotated while a node runs.
    read_secrets || return
    # shellcheck disable=SC2086 # several words
    { printf 'AUTH admin %s\n' "$ADMIN_PASSWORD" && printf '%s\n' "$@"; } |
        timeout "$ANSWER_S" "$CLIENT" $TLS_OPTIONS -h "${at%:*}" -p "${at##*:}" |
        after_login
    code=$?
    case $at:$code:$TLS in
    "$OWN_SERVER":0:*) mark_full no ;;
    # With TLS the connection is closed before anything is said.
    "$OWN_SERVER":3:* | "$OWN_SERVER":1:yes) ask_inside "$@" && mark_full yes ;;
    *:3:*) return 2 ;;
    *) return "$code" ;;
    esac
} 2>/dev/null # busybox's shell says of each time-out that something was terminated

after_login() {
    read -r login || return
    case $login in
    OK) ;;
    'ERR max number of clients'*) return 3 ;;
    *) return 2 ;;
    esac
    tr -d '\r'
}

# Whether the own server lets nobody else in, and can be asked over the connection that is held.
is_full() {
    [ -p "$WAY_IN" ] && ask "$OWN_SERVER" PING >/dev/null && [ -e "$SERVER_FULL" ]
}

# Whether nobody listens where the own server would: it has not started. One that is stalled is not absent, since the
# kernel goes on taking connections for it.
server_is_absent() {
    read_secrets || return 0
    # shellcheck disable=SC2086 # several words
    case $(timeout 1 "$CLIENT" $TLS_OPTIONS -h "$LISTEN_ADDRESS" -p "$LISTEN_PORT" PING 2>&1 </dev/null) in
    *'Connection refused'*) ;;
    *) return 1 ;;
    esac
} 2>/dev/null

# tell COMMAND: one command to this node's own server; fails unless the reply is OK
tell() {
    [ "$(ask "$OWN_SERVER" "$1")" = OK ]
}

# at_once FUNCTION ARGUMENT...: calls FUNCTION with each argument, all at the same time.
# What a call prints must be one short line: only those arrive whole.
at_once() (
    function=$1
    shift
    for argument; do
        "$function" "$argument" &
    done
    wait
)

# parse_info TEXT: what INFO's sections replication, keyspace and persistence say, and the note, as INFO_ variables.
# INFO rather than ROLE: it answers while loading, and its lines need no counting.
parse_info() {
    INFO_ROLE=down INFO_MASTER=- INFO_LINK=down INFO_DATA=empty INFO_PRIORITY=0 INFO_REPLID=- INFO_OFFSET=0
    INFO_REPLID2=- INFO_SECOND=0 INFO_NOTE=none INFO_FOLLOWERS=0 INFO_ONLINE=0 INFO_GOOD=none INFO_AOF=0
    INFO_REWRITES=no INFO_AOF_ENABLED=unknown INFO_WRITES_FILE=no INFO_SAVED=unknown INFO_SAVED_AT=0
    info_host='' info_syncing=0 info_loading=''
    while IFS=: read -r key value; do
        case $key in
        role) INFO_ROLE=$value ;;
        loading) info_loading=$value ;;
        master_host) info_host=$value ;;
        master_port) INFO_MASTER=$info_host:$value ;;
        master_link_status) INFO_LINK=$value ;;
        master_sync_in_progress) info_syncing=$value ;;
        connected_slaves) INFO_FOLLOWERS=$value ;;
        min_slaves_good_slaves) INFO_GOOD=$value ;;
        slave[0-9]*) case $value in *state=online*) INFO_ONLINE=$((INFO_ONLINE + 1)) ;; esac ;;
        slave_priority) INFO_PRIORITY=$value ;;
        master_replid) INFO_REPLID=$value ;;
        master_replid2) INFO_REPLID2=$value ;;
        second_repl_offset) INFO_SECOND=$value ;;
        slave_repl_offset | master_repl_offset) [ "$value" -le "$INFO_OFFSET" ] || INFO_OFFSET=$value ;;
        db[0-9]*) INFO_DATA=data ;;
        aof_enabled) INFO_AOF_ENABLED=$value ;;
        aof_current_size) INFO_AOF=$value ;;
        aof_rewrite_in_progress | aof_rewrite_scheduled) [ "$value" = 0 ] || INFO_REWRITES=yes INFO_WRITES_FILE=yes ;;
        rdb_bgsave_in_progress) [ "$value" = 0 ] || INFO_WRITES_FILE=yes ;;
        rdb_last_bgsave_status) INFO_SAVED=$value ;;
        rdb_last_save_time) INFO_SAVED_AT=$value ;;
        "$NOTE") INFO_NOTE=awaited ;;
        recorded-* | running-*) INFO_NOTE=$key ;;
        esac
    done <<TEXT
$1
TEXT
    case $INFO_ROLE in
    slave) INFO_ROLE=replica ;;
    esac
    if [ -z "$info_loading" ]; then
        # Cut short by the bound on its time: what is missing, such as the keyspace, must not be taken for empty.
        INFO_ROLE=down INFO_LINK=down
    elif [ "$info_loading" = 1 ]; then
        INFO_ROLE=loading
    elif [ "$INFO_MASTER" = "$STANDBY" ]; then
        INFO_ROLE=standby
        INFO_MASTER=-
    fi
    if [ "$info_syncing" = 1 ]; then INFO_LINK=syncing; fi
}

# INFO persistence last: with it, the answer is whole.
# ask_info HOST:PORT: asks a data node, sets the INFO_ variables; INFO_ROLE is 'down' if it does not answer
ask_info() {
    parse_info "$(ask "$1" 'INFO replication' 'INFO keyspace' "CONFIG GET $NOTE" 'INFO persistence')"
}
