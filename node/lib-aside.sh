# shellcheck shell=sh
# Before a node takes over data that lacks some of its own: its own files are kept, one generation of them.

ASIDE=$DATA_DIR/set-aside

# set_data_aside: fails when there are files, and they are not set aside
set_data_aside() {
    size=$(kilobytes "$DATA_DIR/dump.rdb" "$DATA_DIR/appendonlydir") free=$(free_kilobytes)
    if [ "${free:-0}" -lt "$size" ]; then
        say "the own data is not set aside: that needs $size kB on disk, and $free kB are free"
        return 1
    fi
    put_aside
}

# Links instead of copies: they cost no time, and no room until the server replaces the files.
put_aside() {
    set --
    for file in dump.rdb appendonlydir; do
        [ ! -e "$DATA_DIR/$file" ] || set -- "$@" "$DATA_DIR/$file"
    done
    if [ $# = 0 ]; then
        say "nothing is set aside: there are no data files (neither save nor appendonly is on)"
        return
    fi
    size=$(kilobytes "$@")
    rm -rf "$ASIDE.new"
    if mkdir "$ASIDE.new" && link_all "$@" && rm -rf "$ASIDE" && mv "$ASIDE.new" "$ASIDE"; then
        say "the own data is set aside in $ASIDE, $size kB: it is not touched until the next one is set aside"
    else
        say "the own data could not be set aside in $ASIDE"
        return 1
    fi
}

kilobytes() { du -sck "$@" 2>/dev/null | awk 'END { print $1 }'; }

link_all() {
    for file; do
        ln "$file" "$ASIDE.new/" 2>/dev/null || link_folder "$file" || return
    done
}

link_folder() {
    folder=$ASIDE.new/${1##*/}
    mkdir "$folder" || return
    for part in "$1"/*; do
        [ -e "$part" ] || continue
        ln "$part" "$folder/" || return
    done
}
