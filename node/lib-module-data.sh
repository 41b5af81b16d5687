# shellcheck shell=sh
# Data that was written with a module cannot be loaded without it: the server ends, at each start again.

# Beside the data: the modules with which it was loaded last.
MODULES_NOTE=$DATA_DIR/node.modules

# Once the data is loaded; what was loaded without a module has nothing of it.
note_modules() {
    names=$(loaded_modules "$OWN_SERVER") && put_file "$MODULES_NOTE" "$names"
}

# loaded_modules HOST:PORT: prints the names on one line; fails without an answer
loaded_modules() {
    listed=$(ask "$1" 'MODULE LIST') || return
    echo "$listed" | names_of_modules | tr '\n' ' '
    echo
}

# explain_end CODE: after the server ended by itself. Where it would only end again, says why, and waits.
explain_end() {
    # With an error of its own: 1, and after a snapshot that it cannot load what its check of that file comes to, often 0.
    # The signals have other codes.
    # On a full disk that is the reason, and the next start waits for room.
    if [ "$1" -gt 1 ] || ! has_room; then return 0; fi
    found=$(try_modules "$DATA_DIR/trial" "$NODE_HOME/redis.conf" "$CREDENTIALS/users")
    broken=$(echo "$found" | sed -n 's/^broken //p')
    [ -z "$broken" ] ||
        stay_down "a module of the image cannot be loaded: $broken; set \`modules\` to false, or take another \`image\`"
    refused=$(echo "$found" | sed -n 's/^refused //p' | head -n 1)
    [ -z "$refused" ] ||
        stay_down "the server does not know the rights of the user ${refused%% *}: ${refused#* }; change its \`commands\`, or take an \`image\` that has them"
    missing=$(missing_modules "$(echo "$found" | sed -n 's/^module //p')")
    [ -z "$missing" ] ||
        stay_down "the server could not load the data, which was written with the module$missing, and that is not loaded here; the data is untouched: set \`image\` back to one that has it, or \`modules\` to true"
}

# missing_modules NAMES: prints those that this node had, or another node has, and that are not among NAMES
missing_modules() {
    known=" $(echo "$1" | tr '\n' ' ') "
    read_group
    # shellcheck disable=SC2046,SC2086 # lists
    for name in $(cat "$MODULES_NOTE" 2>/dev/null) $(at_once loaded_modules $(without "$SELF" $DATA_NODES)); do
        case $known in
        *" $name "*) ;;
        *)
            printf ' %s' "$name"
            known="$known$name "
            ;;
        esac
    done
}

# The engine would start it again at once, and again; after some minutes it may.
stay_down() {
    trap 'exit 0' TERM INT
    note_waiting "$1"
    say "not started: $1"
    sleep 300 &
    wait "$!"
    exit 1
}

# Prints the types of keys in the own data that are no server's own, and whether a search index is in it, a line each. In
# portions, so that clients do not notice: a script goes through a database for some milliseconds at a time.
foreign_data() {
    indexes=$(ask "$OWN_SERVER" 'INFO modules' 'INFO keyspace') || return
    types='' NEWLINE='
'
    for database in $(echo "$indexes" | sed -n 's/^db\([0-9]*\):.*/\1/p'); do
        cursor=0
        while :; do
            found=$(ask "$OWN_SERVER" "EVAL_RO \"$FOREIGN_TYPES\" 0 $database $cursor") || return
            # The cursor, then types; no process for either, since there are many portions.
            cursor=${found%%"$NEWLINE"*}
            case $cursor in '' | *[!0-9]*) return 1 ;; esac
            types=$types${found#"$cursor"}$NEWLINE
            [ "$cursor" != 0 ] || break
        done
    done
    { echo "$types" && echo "$indexes" | sed -n 's/^\(search_number_of_indexes\):[1-9].*/\1/p'; } | grep . | sort -u
}

# In one line, and with no double quotes, as the client reads it.
FOREIGN_TYPES="local own = {} for name in string.gmatch('none string list set zset hash stream vectorset', '%a+') do own[name] = true end \
redis.call('SELECT', ARGV[1]) \
local function clock() local time = redis.call('TIME') return time[1] * 1000000 + time[2] end \
local ends, cursor, found, answer = clock() + 20000, ARGV[2], {}, {} \
repeat \
local part = redis.call('SCAN', cursor, 'COUNT', 500) cursor = part[1] \
for _, key in ipairs(part[2]) do local kind = redis.call('TYPE', key).ok if not own[kind] and not found[kind] then found[kind] = true answer[#answer + 1] = kind end end \
until cursor == '0' or clock() > ends \
table.insert(answer, 1, cursor) return answer"
