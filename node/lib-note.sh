# shellcheck shell=sh
# A note on the own server, for the others to read: where its data is in which history. INFO alone does not tell, since
# an AOF brings a new replication id, and (before Redis 8) no offset; and the marker's file can be read here only.
#
# It stands in a setting ($NOTE) that means nothing outside a cluster and takes letters, digits, points and hyphens:
#   recorded-ID-OFFSET-PAST-PORT-HOST  undecided: what was loaded, and whom this node followed last
#   running-ID-OFFSET-PAST-0-none      has a role: only PAST counts, the rest says INFO
# Where a server does not know it, INFO has to do.

NO_PAST=0.0

# The first digits of a replication id tell it apart as well.
short_id() { printf %.12s "$1"; }

show_position() {
    noted=$OWN_ID-$OWN_OFFSET-$OWN_PAST
    case $LAST_MASTER in
    # (An IPv6 address cannot stand there.)
    - | *:*:*) tell "CONFIG SET $NOTE recorded-$noted-0-none" ;;
    *) tell "CONFIG SET $NOTE recorded-$noted-${LAST_MASTER##*:}-${LAST_MASTER%:*}" ;;
    esac
}

# Once the node has a role; again when it goes on in another history.
show_past() {
    [ "${past_shown-}" != "$LAST_PAST" ] || return 0
    tell "CONFIG SET $NOTE running-none-0-$LAST_PAST-0-none" && past_shown=$LAST_PAST
}

# After ask_info: INFO_ID, INFO_OFFSET, INFO_PAST, and a standby's INFO_MASTER, by INFO and the note together.
read_history() {
    INFO_ID=$(short_id "$INFO_REPLID") INFO_PAST=$NO_PAST
    case $INFO_REPLID2 in
    - | 0000*) ;;
    *) INFO_PAST=$(short_id "$INFO_REPLID2").$((INFO_SECOND - 1)) ;;
    esac
    note_kind=${INFO_NOTE%%-*} rest=${INFO_NOTE#*-}
    note_id=${rest%%-*} rest=${rest#*-}
    note_offset=${rest%%-*} rest=${rest#*-}
    note_past=${rest%%-*} rest=${rest#*-}
    case $note_kind:$INFO_ROLE:$INFO_LINK in
    # It has just loaded, and will say in a moment what.
    awaited:standby:*) INFO_ROLE=loading ;;
    recorded:standby:* | recorded:replica:down)
        INFO_ID=$note_id INFO_OFFSET=$note_offset INFO_PAST=$note_past
        case $INFO_ROLE:$rest in
        *:0-*) ;;
        standby:*) INFO_MASTER=${rest#*-}:${rest%%-*} ;;
        esac
        ;;
    # It goes on from there.
    recorded:master:*) INFO_PAST=$INFO_PAST.$note_id.$note_offset.$note_past ;;
    running:*) INFO_PAST=$INFO_PAST.$note_past ;;
    esac
}
