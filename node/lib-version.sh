# shellcheck shell=sh
# Data that a newer server wrote, recognised before the server starts: it would only end with an error, again and again.

# newest_format PRODUCT VERSION: prints the newest RDB version that this server reads; nothing when it is not known
newest_format() {
    case $1:$2 in
    redis:[56].*) echo 9 ;;
    redis:7.[01].*) echo 10 ;;
    redis:7.[23].*) echo 11 ;;
    redis:7.* | redis:8.0.*) echo 12 ;;
    valkey:[78].*) echo 11 ;;
    valkey:9.0.*) echo 80 ;;
    esac
}

# reads_format PRODUCT VERSION MAGIC: fails when this server certainly cannot read a file that begins with MAGIC
reads_format() {
    newest=$(newest_format "$1" "$2")
    format=${3#REDIS} format=${format#VALKEY}
    # What is no magic at all is for the server to judge.
    case $3 in
    REDIS[0-9][0-9][0-9][0-9] | VALKEY[0-9][0-9][0-9]) ;;
    *) return 0 ;;
    esac
    while [ "$format" != "${format#0}" ]; do format=${format#0}; done
    case $1:$3 in
    redis:VALKEY*) return 1 ;;
    # Valkey's own numbers start at 80; Redis's after 11 are Redis's alone.
    valkey:REDIS*) [ "${format:-0}" -le 11 ] ;;
    *) [ "${format:-0}" -le "${newest:-9999}" ] ;;
    esac
}

# Its folder alone is none: until the first one is written whole, there is no manifest, and a server that is killed then
# would start without any data.
has_append_only_file() {
    set -- "$DATA_DIR"/appendonlydir/*.manifest
    [ -e "$1" ]
}

# The files that the server will load: the append-only file's base, else the snapshot.
data_files() {
    if [ "${AOF_AT_START-yes}" = yes ] && has_append_only_file; then
        ls "$DATA_DIR"/appendonlydir/*.base.rdb 2>/dev/null
    elif [ -e "$DATA_DIR/dump.rdb" ]; then
        echo "$DATA_DIR/dump.rdb"
    fi
}

# await_readable_data: returns when nothing speaks against the data; else says so once and waits for the end,
# since a restart would only meet the same data again. Nothing is touched.
await_readable_data() {
    ! grep -q '^rdb-version-check relaxed' "$NODE_HOME/redis.conf" || return 0
    for file in $(data_files); do
        # `Redis server v=8.0.2 sha=...`
        version=$("$SERVER" --version)
        case $version in
        Redis*) product=redis ;;
        Valkey*) product=valkey ;;
        *) return 0 ;;
        esac
        version=${version#*v=} version=${version%% *}
        magic=$(head -c 9 "$file" | tr -cd '[:alnum:]')
        reads_format "$product" "$version" "$magic" || wait_with_unreadable_data
    done
}

wait_with_unreadable_data() {
    trap 'exit 0' TERM INT
    say "not started: $file was written by a newer server ($magic), which $product $version cannot read; the data is untouched: set \`image\` back to the server that wrote it"
    while :; do
        sleep 3600 &
        wait "$!"
    done
}
