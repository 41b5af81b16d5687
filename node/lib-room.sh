# shellcheck shell=sh
# A full disk. A server that starts on one ends again, and what its node would record is lost: so a member waits for room
# before it starts anything. One that runs goes on, and says what it cannot write (INFO persistence).

# Less than this is full, in kB: a server that cannot write ends where appendfsync is always, and must not come back to do
# so again and again.
case $KIND in
data) ROOM_KB=1024 ;;
*) ROOM_KB=64 ;;
esac

free_kilobytes() { df -Pk "$DATA_DIR" | awk 'END { print $4 }'; }

# (The disk may also be out of files, or be read-only since it failed.)
has_room() {
    free=$(free_kilobytes)
    [ "${free:-0}" -ge "$ROOM_KB" ] && put_file "$DATA_DIR/room.$$" '' && rm -f "$DATA_DIR/room.$$"
}

room_in_words() {
    echo "its disk is full, or cannot be written: ${free:-?} kB are free in $DATA_DIR, and $ROOM_KB kB are needed; make room on its host (docker system df), it goes on by itself"
}

# await_room: says so once, and every minute; what is on the disk is not touched
await_room() {
    has_room && return
    room_since=$(now) room_report_at=0
    until has_room; do
        # Where it can be written: the health check looks by itself.
        note_waiting "$(room_in_words)" || true
        if [ "$(now)" -ge "$room_report_at" ]; then
            say "not started for $(($(now) - room_since)) s: $(room_in_words)"
            room_report_at=$(($(now) + 60))
        fi
        sleep 2 &
        wait "$!"
    done
    note_decided
    say 'there is room on the disk again'
}
