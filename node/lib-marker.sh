# shellcheck shell=sh
# The marker: what this node was, recorded beside its data about once a second, for its next start.
# (The data itself does not tell: an AOF brings a new replication id, and neither file knows the role.)

MARKER=$DATA_DIR/node.state

# Sets the LAST_ variables, SYNCED (has had a master's or its own word on the data set) and OWN_STOP.
read_marker() {
    LAST_ROLE=none LAST_MASTER=- LAST_REPLID=none LAST_OFFSET=0 LAST_AOF=0 LAST_AOF_BASE=- LAST_EXCESS=-/0 LAST_DATA=empty SYNCED=no
    OWN_STOP=crashed LAST_PAST=$NO_PAST LAST_SNAPSHOT=''
    [ -r "$MARKER" ] || return 0
    while IFS='=' read -r key value; do
        case $key in
        role) LAST_ROLE=$value ;;
        master) LAST_MASTER=$value ;;
        replid) LAST_REPLID=$value ;;
        offset) LAST_OFFSET=$value ;;
        aof) LAST_AOF=$value ;;
        aof-base) LAST_AOF_BASE=$value ;;
        aof-excess) LAST_EXCESS=$value ;;
        past) LAST_PAST=$value ;;
        data) LAST_DATA=$value ;;
        synced) SYNCED=$value ;;
        snapshot) LAST_SNAPSHOT=$value ;;
        clean) [ "$value" != yes ] || OWN_STOP=clean ;;
        esac
    done <"$MARKER"
}

# write_marker [LINES]
write_marker() {
    put_file "$MARKER" "role=$LAST_ROLE
master=$LAST_MASTER
replid=$LAST_REPLID
offset=$LAST_OFFSET
aof=$LAST_AOF
aof-base=$LAST_AOF_BASE
aof-excess=$LAST_EXCESS
past=$LAST_PAST
data=$LAST_DATA
synced=$SYNCED
time=$(now)${1:+
$1}"
}

# write_role ROLE MASTER: ahead of the change, since a kill right after it must not bring the old role back
write_role() {
    LAST_ROLE=$1 LAST_MASTER=$2
    write_marker
}

# A start is a crash until it ends well. STOP_BEFORE: how the one before it ended.
open_marker() {
    read_marker
    STOP_BEFORE=$OWN_STOP
    [ "$LAST_ROLE" = none ] || write_marker
}

close_marker() {
    read_marker
    [ "$LAST_ROLE" = none ] || write_marker "$(
        echo clean=yes
        equal_snapshot
    )"
}

# Records what the own server is now; only a link that is up says anything about the data. After a replica has copied its
# master's, what an AOF has on disk is the older data until it is rewritten.
record_state() {
    find_aof_base
    base_before=$AOF_BASE
    ask_info "$OWN_SERVER"
    case $INFO_ROLE:$INFO_LINK in
    master:*) LAST_MASTER=$SELF ;;
    replica:*) LAST_MASTER=$INFO_MASTER ;;
    *) return 0 ;;
    esac
    was=$LAST_ROLE
    LAST_ROLE=$INFO_ROLE
    case $INFO_ROLE:$INFO_LINK:$INFO_REWRITES in
    master:* | replica:up:no)
        [ "$INFO_REPLID" = "$LAST_REPLID" ] || record_history
        LAST_REPLID=$INFO_REPLID LAST_OFFSET=$INFO_OFFSET LAST_DATA=$INFO_DATA SYNCED=yes
        record_aof
        ;;
    esac
    write_marker
}

# Of which file the size is, is not known when it was rewritten just now.
record_aof() {
    find_aof_base
    [ "$AOF_BASE" = "$base_before" ] || AOF_BASE=-
    case $LAST_EXCESS in
    "$AOF_BASE"/*) ;;
    *) LAST_EXCESS=$AOF_BASE/0 ;;
    esac
    LAST_AOF=$((INFO_AOF - ${LAST_EXCESS#*/})) LAST_AOF_BASE=$AOF_BASE AOF_LOADED=''
}

# The data has another replication id than before. Does it go on from there, or was it replaced by a master's?
record_history() {
    case $was:$INFO_ROLE:$LAST_REPLID:$INFO_REPLID2 in
    *:- | *:replica:*:0000*) LAST_PAST=$NO_PAST ;;
    *:"$INFO_REPLID2":"$INFO_REPLID2") LAST_PAST=$(second_history).$LAST_PAST ;;
    *:none:*) LAST_PAST=$(second_history).$NO_PAST ;;
    # A master that was started with its own data: an AOF brings a new id.
    *:master:*) LAST_PAST=$(short_id "$LAST_REPLID").${OWN_OFFSET-$LAST_OFFSET}.$LAST_PAST ;;
    *) LAST_PAST=$NO_PAST ;;
    esac
    # Promoted, perhaps before it had recorded anything of the history that it copied last.
    case $was:$INFO_ROLE:$LAST_PAST in
    *:"$(second_history)".*) ;;
    replica:master:*) LAST_PAST=$(second_history).$LAST_PAST ;;
    esac
    # The newest three: those that somebody may still come back with.
    LAST_PAST=$(echo "$LAST_PAST" | cut -d. -f 1-6)
}

# The history that the server itself says it goes on from, and where it left it.
second_history() { echo "$(short_id "$INFO_REPLID2").$((INFO_SECOND - 1))"; }

# weigh_own_data: after ask_info of the own server, sets what decide.sh wants to know of the own data.
# A snapshot brings back id and offset exactly. An AOF does not; it has what the marker recorded last, and what was
# written to it since (but for what is replicated and not kept: PING, GETACK, the Sentinels' PUBLISH). That counts between
# replicas, of which the one with most is to be found when the master never comes back; a crashed master is content with a
# successor that has what was recorded here, for the sake of speed. A file that is shorter than it was recorded has lost its
# end (Redis cuts off what is torn when it loads it, and goes on): OWN_FILE is torn then, and OWN_TORN says how much is missing.
# AOF_LOADED is what was loaded (report_torn_file). LAST_EXCESS (BASE/BYTES) is by how much INFO counts more than there is
# until the file is rewritten: what was cut off, too, and what an empty file begins with not at all.
weigh_own_data() {
    case $INFO_DATA:$SYNCED:$LAST_DATA in
    data:*) OWN_DATA=intact ;;
    *:yes:data) OWN_DATA=lost ;;
    *) OWN_DATA=empty ;;
    esac
    find_aof_base
    OWN_FILE=aof OWN_TORN=0 LAST_ID=$(short_id "$LAST_REPLID") OWN_PAST=$LAST_PAST
    OWN_ID=$LAST_ID OWN_OFFSET=$LAST_OFFSET
    # (One of a server that never had a replica has no position in it.)
    if [ "$AOF_AT_START:$OWN_DATA" = no:intact ] && [ "$INFO_OFFSET" -gt 1 ]; then
        OWN_FILE=rdb OWN_ID=$(short_id "$INFO_REPLID") OWN_OFFSET=$INFO_OFFSET
        return
    fi
    # With another base, the file was rewritten since.
    if [ "$OWN_DATA:$AOF_BASE" = "intact:$LAST_AOF_BASE" ] && [ -n "${AOF_LOADED-}" ] && [ "$AOF_BASE" != - ]; then
        if [ "$AOF_LOADED" -lt "$LAST_AOF" ]; then
            # Whatever the end of the last run was, this data does not have it.
            OWN_FILE=torn OWN_TORN=$((LAST_AOF - AOF_LOADED)) OWN_STOP=crashed
            OWN_OFFSET=$((LAST_OFFSET - OWN_TORN))
            [ "$OWN_OFFSET" -ge 0 ] || OWN_OFFSET=0
            return
        fi
        [ "$LAST_ROLE" != replica ] || OWN_OFFSET=$((LAST_OFFSET + AOF_LOADED - LAST_AOF))
    fi
    [ "$INFO_OFFSET" -le "$OWN_OFFSET" ] || OWN_OFFSET=$INFO_OFFSET
}

# find_aof_base: sets AOF_BASE to the name of the file that the append-only file begins with, or -
find_aof_base() {
    AOF_BASE=-
    for manifest in "$DATA_DIR"/appendonlydir/*.manifest; do
        [ -r "$manifest" ] || continue
        while read -r _ name _ _ _ type _; do
            [ "$type" != b ] || AOF_BASE=$name
        done <"$manifest"
    done
}

size_of() { if [ -e "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi; }
