# shellcheck shell=sh
# Before a node takes over data that lacks some of its own: its own files are kept, one generation of them.

ASIDE=$DATA_DIR/set-aside

# Links instead of copies: they cost no time, and no room until the server replaces the files.
set_data_aside() {
    set --
    for file in dump.rdb appendonlydir; do
        [ ! -e "$DATA_DIR/$file" ] || set -- "$@" "$DATA_DIR/$file"
    done
    if [ $# = 0 ]; then
        say "nothing is set aside: there are no data files (neither save nor appendonly is on)"
        return
    fi
    size=$(kilobytes "$@") free=$(df -Pk "$DATA_DIR" | awk 'END { print $4 }')
    if [ "${free:-0}" -lt "$size" ]; then
        say "the own data is not set aside: that needs $size kB on disk, and $free kB are free"
        return
    fi
    rm -rf "$ASIDE.new"
    if mkdir "$ASIDE.new" && link_all "$@" && rm -rf "$ASIDE" && mv "$ASIDE.new" "$ASIDE"; then
        say "the own data is set aside in $ASIDE, $size kB: it is not touched until the next one is set aside"
    else
        say "the own data could not be set aside in $ASIDE"
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
        ln "$part" "$folder/" || return
    done
}
