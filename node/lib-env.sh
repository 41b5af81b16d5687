# shellcheck shell=sh
# What every script needs first: the plan's word on this node, the programs' names.
# Sourced with NODE_HOME set.

# Defaults of what an older rendering may not know yet.
LISTEN_ADDRESS=127.0.0.1
BOOT_WAIT_S=20
TLS=no
MODULES=no

# shellcheck source=/dev/null
. "$NODE_HOME/node.env"

# The group as it was when this container was made, in its environment, or as it was told to the running node since
# then, in the volume. The told one counts only for the container that it was told to: one made later knows better.
GROUP_FILE=$DATA_DIR/group.env
INSTEAD_OF_PLANNED="# instead of $(printf '%s' "$REDIS_NODE_GROUP" | cksum)"
eval "$REDIS_NODE_GROUP"

# Called again and again, since a running node is told of members that join and leave, and of another topology.
read_group() {
    if [ -r "$GROUP_FILE" ] && read -r instead <"$GROUP_FILE" && [ "$instead" = "$INSTEAD_OF_PLANNED" ]; then
        # shellcheck source=/dev/null
        . "$GROUP_FILE"
    fi
}
read_group

SELF=$ADDRESS:$PORT
OWN_SERVER=$LISTEN_ADDRESS:$LISTEN_PORT

# A node starts as a replica of this, so that it cannot take a write before its role is decided.
# Loopback, since anything else may be answered: a trial with 240.0.0.1 met a proxy that spoke HTTP.
STANDBY=127.0.0.1:1

# Assigning to a variable that came with the environment would export a password to every child.
unset ADMIN_PASSWORD REPLICATION_PASSWORD SENTINEL_PASSWORD

first_program() {
    for program; do
        if command -v "$program" >/dev/null; then
            echo "$program"
            return
        fi
    done
    echo "none of these programs is on the PATH: $*" >&2
    exit 127
}
SERVER=$(first_program redis-server valkey-server) || exit
CLIENT=$(first_program redis-cli valkey-cli) || exit

# A line of the log, under the name of the script that speaks.
say() { printf '%s: %s\n' "$SPEAKER" "$*"; }

now() { date +%s; }

# put_file FILE TEXT: by rename, so that a crash or a full disk leaves the previous one whole
put_file() {
    if printf '%s\n' "$2" >"$1.new" && mv -f "$1.new" "$1"; then return; fi
    rm -f "$1.new"
    false
} 2>/dev/null

# words WORD...: prints how many there are
words() { echo $#; }

# without WORD FROM...: prints FROM without WORD
without() {
    unwanted=$1
    shift
    for word; do
        [ "$word" = "$unwanted" ] || printf '%s ' "$word"
    done
}
