# shellcheck shell=sh
# Turning the append-only file off while the server runs, such that at every moment the newest data is on the disk, and a
# start finds it.
#
#   1. A snapshot is written while the file still is, and looked at: where none can be written, the file stays on.
#   2. The server ends the file, which then has more than any snapshot. A note says which snapshot there was.
#   3. Another snapshot is written, which has all that the file has.
#   4. The file is put away.
#
# A start in between loads the file until there is another snapshot than the noted one. No times are compared: clocks are
# set. Every step is found from what is there, so it does not matter which one was the last before a crash, nor who ended
# the file (a person by CONFIG SET, too).

AOF_FOLDER=$DATA_DIR/appendonlydir
SNAPSHOT=$DATA_DIR/dump.rdb
AOF_END=$DATA_DIR/aof.ended

# Seconds until a snapshot is tried again that could not be written.
SNAPSHOT_AGAIN_S=10

# Called once a second while the server runs, after ask_info.
mind_append_only_file() {
    case $INFO_AOF_ENABLED in
    0) [ -e "$AOF_FOLDER" ] || [ "${aof_wanted-no}" = yes ] || return 0 ;;
    *) has_live 'appendonly no' || return 0 ;;
    esac
    # Looked for before the server is asked, so that one that has just been turned on again is never taken for one that
    # is off.
    file=none
    if has_append_only_file; then file=whole; fi
    # A folder alone, of a first file that was never finished, is of no account.
    case $INFO_AOF_ENABLED:$file:${aof_wanted-no} in
    0:none:no) return 0 ;;
    esac
    ask_info "$OWN_SERVER"
    case $INFO_ROLE:$INFO_LINK in
    # Its data is just being replaced.
    down:* | loading:* | *:syncing) return 0 ;;
    esac
    case $INFO_AOF_ENABLED:${aof_wanted-no}:$file:$INFO_WRITES_FILE in
    0:yes:*) turn_aof_on ;;
    # Not written whole yet: the snapshot is what a start would load.
    1:*:none:*) tell 'CONFIG SET appendonly no' ;;
    *:yes | *:none:*) ;;
    1:*) end_aof ;;
    0:*) put_ended_aof_away ;;
    esac
}

# Where the data was loaded from a snapshot although there is to be an append-only file.
turn_aof_on() {
    # It may have been told otherwise meanwhile.
    if has_live 'appendonly no'; then
        aof_wanted=no
        return
    fi
    tell 'CONFIG SET appendonly yes' || return 0
    aof_wanted=no
    say 'appendonly is yes from now on; the data was loaded from a snapshot'
}

end_aof() {
    # Told, but not yet taken: a setting that is refused takes this one back, too.
    shows_term || return 0
    if [ -z "${snapshot_asked-}" ] || [ "$INFO_SAVED" != ok ] || [ "$INFO_SAVED_AT" -lt "$snapshot_asked" ]; then
        ask_snapshot 'the append-only file stays on until one is'
        return
    fi
    # It may have been told otherwise meanwhile.
    read_group
    if ! has_live 'appendonly no' || ! shows_term; then return; fi
    snapshot_asked='' snapshot_again=0
    tell 'CONFIG SET appendonly no' || return 0
    # Noted at the next look, which tells whether a snapshot is under way that was begun before.
    say 'the append-only file has ended; it is put away when another snapshot has what it has'
}

# After ask_info, which showed that it is off and that nothing is being written: a snapshot that comes from now on was
# begun after the file's end.
put_ended_aof_away() {
    if ! has_aof_end; then
        note_aof_end && ask_snapshot 'the append-only file that has ended is kept until one is'
    elif snapshot_outlives_aof; then
        snapshot_asked='' snapshot_again=0
        retire_aof && say "the append-only file is put away in $AOF_FOLDER.old: the snapshot has all that it has"
    else
        ask_snapshot 'the append-only file that has ended is kept until one is'
    fi
}

retire_aof() {
    rm -rf "$AOF_FOLDER.old"
    mv "$AOF_FOLDER" "$AOF_FOLDER.old" && rm -f "$AOF_END"
}

# ask_snapshot MEANWHILE
ask_snapshot() {
    [ "$(now)" -ge "${snapshot_again-0}" ] || return 0
    [ -z "${snapshot_asked-}" ] ||
        say "no snapshot was written when it was asked for (rdb_last_bgsave_status:$INFO_SAVED); $1; is there room on the disk of $DATA_DIR?"
    snapshot_asked=$(now)
    snapshot_again=$((snapshot_asked + SNAPSHOT_AGAIN_S))
    # It forks, which can take longer than an answer may; what came of it is seen later.
    ask "$OWN_SERVER" BGSAVE >/dev/null
    return 0
}

# At a stop, when nobody comes any more to see it.
note_aof_end_at_last() {
    [ -e "$AOF_FOLDER" ] || return 0
    has_append_only_file || return 0
    ask_info "$OWN_SERVER"
    case $INFO_AOF_ENABLED:$INFO_WRITES_FILE in
    0:no) has_aof_end || note_aof_end ;;
    esac
}

# By rename, so that a crash or a full disk leaves none that is half.
note_aof_end() { printf '%s\n' "$(aof_identity)" "$(snapshot_identity)" >"$AOF_END.new" && mv -f "$AOF_END.new" "$AOF_END"; }

# Whether the note is on this file as it is now; sets 'noted_snapshot'. One that was written again is another.
has_aof_end() {
    noted_snapshot=''
    { read -r noted_file && read -r noted_snapshot; } 2>/dev/null <"$AOF_END" && [ "$noted_file" = "$(aof_identity)" ]
}

# Whether the snapshot was begun after the append-only file's end.
snapshot_outlives_aof() {
    [ -s "$SNAPSHOT" ] && [ -e "$AOF_END" ] && has_aof_end && [ "$noted_snapshot" != "$(snapshot_identity)" ]
}

# Inode, size and name of each part, as one word; what a rewrite has not finished is no part of it.
aof_identity() {
    # shellcheck disable=SC2012 # the names are the server's
    ls -lin "$AOF_FOLDER" | awk 'NF > 6 && $NF !~ /^temp-/ { print $1, $6, $NF }' | cksum | tr ' ' -
}

snapshot_identity() {
    if [ -e "$SNAPSHOT" ]; then
        # shellcheck disable=SC2012 # the name is known
        ls -lin "$SNAPSHOT" | awk '{ print $1 "-" $6 }'
    else
        echo none
    fi
}

# A replica that stops cleanly writes a snapshot at its end, where `save` says so: it has what the append-only file has, and
# its replication id and offset exactly, which the file has not. Started from it, the node goes on where it was (partial
# resynchronisation); started from the file, it would copy everything anew. A master starts from its file, so that what it
# acknowledges next is on the disk at once.

# Before the server is told to end; sets 'snapshot_before' where that writes a snapshot.
expect_snapshot() {
    snapshot_before=''
    ask_info "$OWN_SERVER"
    case $INFO_ROLE:$INFO_AOF_ENABLED in
    replica:1) ;;
    *) return 0 ;;
    esac
    ! saves_at_end || snapshot_before=$(snapshot_identity)
}

saves_at_end() {
    ask "$OWN_SERVER" 'CONFIG GET save' 'CONFIG GET shutdown-on-sigterm' | {
        read -r _
        read -r save
        read -r _
        read -r way
        [ -n "$save" ] && [ "$way" = default ]
    }
}

# Once it has ended well: prints the line for the marker.
equal_snapshot() {
    [ -n "${snapshot_before-}" ] || return 0
    [ "$snapshot_before" = "$(snapshot_identity)" ] || echo "snapshot=$(files_identity)"
}

files_identity() { echo "$(aof_identity).$(snapshot_identity)"; }

# At the start: whether the snapshot was written by the clean stop, and neither file was touched since.
snapshot_equals_aof() {
    [ "$LAST_ROLE:$STOP_BEFORE" = replica:clean ] && [ -n "$LAST_SNAPSHOT" ] && [ "$LAST_SNAPSHOT" = "$(files_identity)" ]
}

# After ask_info: whether a node that was started from its snapshot has not yet the append-only file that it had before.
lacks_its_aof() {
    case ${RESUMES-no}:$INFO_AOF_ENABLED:$INFO_REWRITES in
    no:* | yes:1:no) return 1 ;;
    esac
}
