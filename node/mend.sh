#!/bin/sh
# mend.sh: of a node that waits because its data cannot be loaded, cuts off what is damaged; it starts with the rest.
# mend.sh --without-data: it starts without any data.
# What was there before stays in the folder set-aside. Prints what is done, or why it is not.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-note.sh"
. "$NODE_HOME/lib-version.sh"
. "$NODE_HOME/lib-aof.sh"
. "$NODE_HOME/lib-marker.sh"
. "$NODE_HOME/lib-room.sh"
. "$NODE_HOME/lib-aside.sh"
. "$NODE_HOME/lib-damage.sh"

SPEAKER=mend

refuse_to_mend() {
    say "$*; nothing was changed"
    exit 1
}

# cut_off FILE BYTES: into a new file, since the old one is what is set aside
cut_off() {
    head -c "$2" "$1" >"$1.new" && [ "$(size_of "$1.new")" = "$2" ] && mv -f "$1.new" "$1"
}

# write_manifest NAME...: of the files that are to be loaded, in their order
write_manifest() {
    for part; do
        type=i
        case $part in *.base.*) type=b ;; esac
        echo "file $part seq $(number_of "$part") type $type"
    done >"$MANIFEST.new" && [ -s "$MANIFEST.new" ] && mv -f "$MANIFEST.new" "$MANIFEST"
}

mend_damage() {
    case $DAMAGE_KIND in
    manifest)
        MANIFEST=$DAMAGED
        # shellcheck disable=SC2046 # a list
        write_manifest $(aof_files base) $(aof_files incr)
        ;;
    bytes | missing)
        read_manifest || return
        kept=''
        for part in $AOF_PARTS; do
            case " $CUT_FILES " in *" $part "*) ;; *) kept="$kept $part" ;; esac
        done
        if [ "$DAMAGE_KIND" = missing ]; then
            # shellcheck disable=SC2086 # a list
            kept=$(without "${DAMAGED##*/}" $kept)
        else
            cut_off "$DAMAGED" "$INTACT" || return
        fi
        # shellcheck disable=SC2086 # a list
        write_manifest $kept && for part in $CUT_FILES; do rm -f "$AOF_FOLDER/$part"; done
        ;;
    esac
}

case ${1-} in
'' | --without-data) ;;
*)
    echo 'usage: node.sh mend [--without-data]' >&2
    exit 2
    ;;
esac
read_marker
AOF_AT_START=yes
! snapshot_outlives_aof || AOF_AT_START=no
[ -e "$DAMAGE" ] || refuse_to_mend 'this node does not wait because of damaged data'
server_is_absent || refuse_to_mend 'the server of this node runs'
if [ "${1-}" = --without-data ]; then
    put_aside || refuse_to_mend "the damaged files cannot be set aside in $ASIDE"
    remove_data
    say "the node starts without data; what was there is in $ASIDE"
    exit
fi
find_damage || refuse_to_mend 'all files are whole'
set_aside=no
while find_damage; do
    is_mendable || refuse_to_mend "$(damage_in_words); $(cure_in_words)"
    # Once: what comes next is mended already.
    [ "$set_aside" = yes ] || put_aside || refuse_to_mend "the damaged files cannot be set aside in $ASIDE"
    set_aside=yes
    say "$(damage_in_words)"
    mend_damage || {
        say "it could not be mended: is there room on the disk? What was there is in $ASIDE"
        exit 1
    }
done
rm -f "$DAMAGE"
say "mended: the node starts with what is whole; what was there before is in $ASIDE"
