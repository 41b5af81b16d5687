# shellcheck shell=sh
# Data files that the server cannot load. It only ends then, and would end again after every restart, so the node does not
# let it: it looks which file is damaged, from where on, and waits with everything as it is. A node whose data is on the
# master sets the damaged files aside and is filled again; for what no other node has, a person says `mend` (mend.sh).

# What is damaged, for `mend`; when it is gone, the node starts anew.
DAMAGE=$DATA_DIR/damage

# What the server itself would not notice: it would start without that data.
await_whole_files() {
    if aof_lost_its_manifest || { loads_aof && read_manifest && manifest_is_short; }; then live_with_damage; fi
}

loads_aof() { [ "$AOF_AT_START" = yes ] && has_append_only_file; }

# Once, when the data is loaded (await_loaded): the server's own line about it is easily overlooked. Sets AOF_LOADED and LAST_EXCESS.
report_torn_file() {
    AOF_LOADED=''
    if loads_aof && read_manifest; then
        AOF_LOADED=0
        for part in $AOF_PARTS; do AOF_LOADED=$((AOF_LOADED + $(size_of "$AOF_FOLDER/$part"))); done
    fi
    case $INFO_ROLE in down | loading) return ;; esac
    weigh_own_data
    LAST_EXCESS=$AOF_BASE/$((INFO_AOF - ${AOF_LOADED:-$INFO_AOF}))
    [ "$OWN_FILE" != torn ] ||
        say "the append-only file is $OWN_TORN bytes shorter than it was: its end was torn and is cut off, and what was written there is lost unless another node has it"
}

# find_damage: looks through the files that the server loads, in their order. Sets
#   DAMAGED        the first one that is not whole     DAMAGE_KIND    bytes | snapshot | missing | manifest
#   INTACT         how many bytes of it are            DAMAGED_SIZE   how many it has
#   LOST           bytes that are not loaded when the data is cut off there, in this file and those after it
#   CUT_FILES      of an append-only file: those after it
# Fails when they are all whole, or nothing can tell.
find_damage() {
    DAMAGED='' DAMAGE_KIND='' INTACT=0 DAMAGED_SIZE=0 LOST=0 CUT_FILES=''
    if loads_aof; then
        find_damage_in_aof
    elif aof_lost_its_manifest; then
        blame_manifest 'its manifest is missing'
    elif [ -e "$DATA_DIR/dump.rdb" ]; then
        look_into "$DATA_DIR/dump.rdb"
    fi
    [ -n "$DAMAGED" ]
}

# Without one the server would start empty, although there is data. (A first start that is killed between the two files
# leaves a base alone, but no word of data in the marker.)
aof_lost_its_manifest() {
    ! has_append_only_file && [ ! -e "$DATA_DIR/dump.rdb" ] && [ -n "$(aof_files base)" ] &&
        [ "$SYNCED:$LAST_DATA" = yes:data ]
}

# aof_files base|incr: prints the names of those that are there, in their order
aof_files() {
    for file in "$AOF_FOLDER"/*."$1".*; do
        [ ! -e "$file" ] || printf '%s %s\n' "$(number_of "${file##*/}")" "${file##*/}"
    done | sort -n | cut -d' ' -f 2
}

# number_of NAME: of `appendonly.aof.3.incr.aof` the 3
number_of() {
    number=${1%.base.*} number=${number%.incr.*}
    echo "${number##*.}"
}

# Sets MANIFEST, AOF_BASE and AOF_PARTS (the files that it names, the base first); fails when it is none.
read_manifest() {
    AOF_BASE='' AOF_PARTS='' manifest_end=0
    set -- "$AOF_FOLDER"/*.manifest
    MANIFEST=$1
    while read -r word name _ number _ type _ || [ -n "$word" ]; do
        case $word:$number:$type in
        '#'* | ::) ;;
        file:*[!0-9]*:* | file::*) return 1 ;;
        file:*:b) AOF_BASE=$name ;;
        file:*:i)
            [ "$number" -gt "$manifest_end" ] || return
            AOF_PARTS="$AOF_PARTS $name" manifest_end=$number
            ;;
        file:*:h) ;;
        *) return 1 ;;
        esac
    done <"$MANIFEST"
    AOF_PARTS="$AOF_BASE$AOF_PARTS"
    [ -n "$AOF_PARTS" ]
}

# A file that goes on from the last one that is named, and has something in it: the manifest lost its end. (A server that
# was killed just as it began one leaves it empty; one that was killed just as it replaced all of them leaves a newer base,
# and the manifest names those of before.)
manifest_is_short() {
    for file in $(aof_files base); do
        [ "$(number_of "$file")" -le "$(number_of "${AOF_BASE:-none.0.base.rdb}")" ] || return
    done
    for file in $(aof_files incr); do
        if [ "$(number_of "$file")" -gt "$manifest_end" ] && [ -s "$AOF_FOLDER/$file" ]; then return 0; fi
    done
    false
}

find_damage_in_aof() {
    if ! read_manifest; then
        blame_manifest 'it is no manifest'
        return
    fi
    if manifest_is_short; then
        blame_manifest 'it does not name all files'
        return
    fi
    for part in $AOF_PARTS; do
        if [ -n "$DAMAGED" ]; then
            CUT_FILES="$CUT_FILES $part" LOST=$((LOST + $(size_of "$AOF_FOLDER/$part")))
        else
            look_into "$AOF_FOLDER/$part"
        fi
    done
}

# blame_manifest WHY
blame_manifest() {
    set -- "$AOF_FOLDER"/*.manifest
    DAMAGED=$1 DAMAGE_KIND=manifest
    [ -e "$DAMAGED" ] || DAMAGED=$AOF_FOLDER/appendonly.aof.manifest
}

# look_into FILE: sets what find_damage says of it when it is not whole
look_into() {
    case $1 in
    *.rdb) checker=$(check_program rdb) || return 0 ;;
    *) checker=$(check_program aof) || return 0 ;;
    esac
    size=$(size_of "$1")
    if [ ! -e "$1" ]; then
        DAMAGED=$1 DAMAGE_KIND=missing
        return
    fi
    [ "$size" != 0 ] || case $1 in *.rdb) ;; *) return 0 ;; esac
    [ -r "$1" ] || return 0
    if result=$("$checker" "$1" 2>&1 </dev/null); then return 0; fi
    # A newer server's file is whole: its image has to come back (lib-version.sh).
    case $result in *'RDB format version'*) return 0 ;; esac
    case $1 in
    *.rdb)
        DAMAGE_KIND=snapshot
        INTACT=$(echo "$result" | sed -n 's/^\[offset \([0-9]*\)\].*/\1/p' | tail -n 1)
        LOST=$size
        ;;
    *)
        INTACT=$(echo "$result" | sed -n 's/^AOF analyzed: .*ok_up_to=\([0-9]*\),.*/\1/p' | tail -n 1)
        # It could not be looked at: that is no word about its content.
        [ -n "$INTACT" ] || return 0
        DAMAGE_KIND=bytes
        LOST=$((size - ${INTACT:-0}))
        ;;
    esac
    DAMAGED=$1 DAMAGED_SIZE=$size INTACT=${INTACT:-0}
}

# check_program rdb|aof: prints the server's own checker; fails where the image has none
check_program() { command -v "redis-check-$1" || command -v "valkey-check-$1"; }

damage_in_words() {
    case $DAMAGE_KIND in
    bytes) echo "$DAMAGED is damaged from byte $INTACT of $DAMAGED_SIZE on; cut off there, $LOST bytes of writes are lost" ;;
    snapshot) echo "$DAMAGED is damaged at byte $INTACT of $DAMAGED_SIZE, and nothing of a snapshot can be loaded without the rest" ;;
    missing) echo "$DAMAGED is missing; without it and what comes after it, ${LOST} bytes more of writes are lost" ;;
    manifest) echo "$DAMAGED, which names the files of the append-only file, is damaged or missing" ;;
    esac
}

# Whether the data before the damage can be loaded without the rest.
is_mendable() {
    case $DAMAGE_KIND:${DAMAGED##*/} in
    bytes:* | missing:*.incr.*) true ;;
    manifest:*) [ "$(aof_files base | wc -l)" -eq 1 ] ;;
    *) false ;;
    esac
}

# How a person says it: typed on the node's host.
MEND="docker exec $NODE_NAME sh $NODE_HOME/node.sh mend"

cure_in_words() {
    if is_mendable; then
        echo "to go on with what is whole: $MEND"
    else
        echo "it cannot be mended: restore a backup (docs/operate.md), or start without this data: $MEND --without-data"
    fi
}

# decide_about_damage: pure; from the facts of decide.sh, of which those on the own data are the marker's. Prints
#   refill ADDRESS REASON    set the damaged files aside, start without, and be filled by that master, which has all of it
#   replace ADDRESS REASON   the same, but only if they can be set aside: some of it is not there
#   wait REASON              ask again
decide_about_damage() {
    survey_peers
    case $TOPOLOGY:$NAMED in
    sentinel:"$SELF") source='' ;;
    sentinel:*) source=$NAMED ;;
    *) source=${masters# } ;;
    esac
    case $source in
    *' '*) echo "wait several nodes are master ($masters ): promote one of them" ;;
    '') echo 'wait no other node is master' ;;
    *)
        look_at "$source"
        case $TOPOLOGY:$role:$data:$relation in
        *:master:empty:*) echo "wait $source is master, but empty" ;;
        # A person decides there whose data counts.
        replication:master:*:older) echo "wait $source is master, but its data is older than this node's was" ;;
        *:master:data:ahead | *:master:data:equal | *:master:data:heir) echo "refill $source it is master and has all of it" ;;
        *:master:data:*) echo "replace $source it is master and has data" ;;
        *) echo "wait $source is to be master, and is not yet" ;;
        esac
        ;;
    esac
}

# live_with_damage: returns when the server's end had another reason; else it waits, and starts the node anew
live_with_damage() {
    trap 'exit 0' TERM INT
    SPEAKER=boot
    read_marker
    note_waiting 'its server ended while it loaded the data; the files are being looked through'
    find_damage || return
    if [ "$RESUMES:$DAMAGED" = "yes:$SNAPSHOT" ]; then
        say "$(damage_in_words); the append-only file beside it has the same data, and is loaded instead"
        mv -f "$SNAPSHOT" "$SNAPSHOT.damaged" && exec sh "$0" boot
    fi
    damage=$(damage_in_words)
    say "not started: $damage"
    printf '%s\n' "$damage" >"$DAMAGE"
    damaged_since=$(now) report_at=0 failover_asked=0 damage_noted=''
    while [ -e "$DAMAGE" ]; do
        read_group
        read_marker
        weigh_lost_data
        # shellcheck disable=SC2086 # a list
        gather "$SENTINELS" "$(without "$SELF" $DATA_NODES)"
        decision=$(decide_about_damage)
        reason=${decision#* }
        case $decision in
        refill* | replace*) ! refill "${decision%% *}" "${reason%% *}" "${reason#* }" || break ;;
        esac
        report_damage
        [ "$TOPOLOGY:$NAMED" != "sentinel:$SELF" ] || have_damaged_master_replaced
        sleep 2 &
        wait "$!"
    done
    say 'the node starts anew'
    exec sh "$0" boot
}

# No server is there to ask: what the marker recorded stands for what the node had.
weigh_lost_data() {
    parse_info ''
    INFO_DATA=$LAST_DATA
    weigh_own_data
}

report_damage() {
    if [ "$damage_noted" != "$reason" ] || [ "$(now)" -ge "$report_at" ]; then
        damage_noted=$reason report_at=$(($(now) + 30))
        note_waiting "for $(($(now) - damaged_since)) s, because its data cannot be loaded: $damage. Nothing is touched, and it is filled again as soon as another node is master with the data ($reason); $(cure_in_words)"
        say "waits, $(($(now) - damaged_since)) s so far: $reason; $(cure_in_words)"
    fi
}

# Sentinel would find out by itself, after down-after.
have_damaged_master_replaced() {
    LATE=no disk="disk: $damage"
    decision=$(decide)
    case $decision in
    yield*) apply "$decision" ;;
    esac
}

# refill VERDICT ADDRESS REASON
refill() {
    if ! set_data_aside && [ "$1" = replace ]; then
        reason="$2 is master, but does not have all that was here, and there is no room to set it aside"
        return 1
    fi
    say "$HEARD; decided: start without data and be filled by $2, because $3"
    remove_data
}

remove_data() { rm -rf "$SNAPSHOT" "$AOF_FOLDER" "$AOF_END" "$DAMAGE"; }
