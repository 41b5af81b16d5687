# shellcheck shell=sh
# The modules that an image brings, as the start script of the official images loads them: a member is started without
# that script. Needs SERVER, CLIENT and MODULES alone, since an image is also looked into before a node is made of it.

# Redis's images, Valkey's bundle.
: "${MODULE_FOLDERS:=/usr/local/lib/redis/modules /usr/lib/valkey}"

module_files() {
    for folder in $MODULE_FOLDERS; do
        for file in "$folder"/*.so; do
            # Redis's images switch one off by taking the right to run it away.
            case $file in
            */valkey/*) ;;
            *) [ -x "$file" ] || continue ;;
            esac
            if [ -f "$file" ] && [ -s "$file" ] && [ -r "$file" ]; then echo "$file"; fi
        done
    done
}

# module_lines CONF: the lines that load them. A file that the configuration loads itself, perhaps with words for it, would
# be refused the second time.
module_lines() {
    [ "$MODULES" = yes ] || return 0
    for module in $(module_files); do
        grep -qF "loadmodule $module" "$1" || echo "loadmodule $module"
    done
}

# Of what MODULE LIST answers, the names of the modules that came from a file, a line each. (Redis 8 has one built in.)
names_of_modules() {
    awk '
        before == "name" { name = $0 }
        before == "path" && $0 != "" { print name }
        { before = $0 }'
}

# try_modules FOLDER CONF USERS: starts a server without data for a moment, as the node would start it. Prints a line each:
#   module NAME            what it has loaded
#   refused USER REASON    a line of USERS (NAME RULES...) that it does not take
#   broken REASON          why it does not start with its modules
try_modules() {
    rm -rf "$1"
    mkdir "$1" || return
    # Through a pipe: half a file, on a full disk, would be a server with a port and other data.
    {
        printf '%s\n' 'port 0' "unixsocket $1/socket" 'unixsocketperm 700' "dir $1" 'save ""' 'appendonly no'
        grep '^loadmodule ' "$2"
        module_lines "$2"
    } | "$SERVER" - >"$1/log" 2>&1 &
    trial=$! tries=0
    until [ "$("$CLIENT" -s "$1/socket" PING 2>/dev/null)" = PONG ]; do
        tries=$((tries + 1))
        if [ "$tries" = 200 ] || ! kill -0 "$trial" 2>/dev/null; then break; fi
        sleep 0.05
    done
    if kill -0 "$trial" 2>/dev/null; then
        "$CLIENT" -s "$1/socket" MODULE LIST | names_of_modules | sed 's/^/module /'
        while read -r user rules; do
            # Through its input: an argument can be read by others.
            reply=$(printf 'ACL SETUSER %s %s\n' "$user" "$rules" | "$CLIENT" -s "$1/socket")
            [ "$reply" = OK ] || echo "refused $user" "$(echo "$reply" | head -n 1)"
        done <"$3"
        kill "$trial"
    fi
    wait "$trial"
    # `PID:ROLE DATE # Module FILE failed to load: ...`, and then that the server gives up because of it
    awk '/Can.t load module from/ { print "broken " before } { sub(/^[0-9]+:[A-Z] [^#*]*[#*] /, ""); before = $0 }' "$1/log"
    rm -rf "$1"
} 2>/dev/null
