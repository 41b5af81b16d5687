#!/bin/sh
# secrets.sh accept TERM: takes the users and passwords that were brought, and has the server accept them.
# secrets.sh use TERM: from now on this member sends the passwords of that term itself, and trusts its authorities alone.
# secrets.sh shows TERM: prints `another certificate` of a Sentinel that has to start again to show the one of now.
# Each can be repeated. Prints what the server refused or did not answer, and fails then: no mark says that it is done.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"

SPEAKER=secrets
step=$1 term=$2
ANSWER_S=5
NO_ANSWER="no answer within $ANSWER_S s"

# By rename, so that nobody reads half of it.
name_term() {
    put_file "$SECRETS/$1" "$term" && return
    echo "$SECRETS/$1 cannot be written: is the disk full?"
    exit 1
}

# user_commands USER...: those of the users of now, and of those of the server that are none any more. While the server
# loads its data, `default` is the loader's; the node's program changes it over when that is done (lib-loader.sh).
user_commands() {
    bound=''
    [ "$KIND" != data ] || bound=$(loaders_name)
    while read -r user rules; do
        [ "$user" = "$bound" ] || printf 'ACL SETUSER %s %s\n' "$user" "$rules"
    done <"$SECRETS/$term/users"
    for user; do
        grep -q "^$user " "$SECRETS/$term/users" || printf 'ACL DELUSER %s\n' "$user"
    done
}

loaders_name() {
    ask_info "$OWN_SERVER"
    [ "$INFO_ROLE" != loading ] || echo default
}

# At first in its files, so that a server that is just starting has either heard of them, or will be told.
accept() {
    # Of one name there is one content; whoever reads it now goes on reading.
    if [ -d "$SECRETS/$term" ]; then
        rm -rf "$SECRETS/new-$term" "$SECRETS/$term/used"
    elif [ -d "$SECRETS/new-$term" ]; then
        mv "$SECRETS/new-$term" "$SECRETS/$term"
    fi
    [ -r "$SECRETS/$term/users" ] || {
        echo "the secrets $term were not brought"
        return 1
    }
    if [ -r "$SECRETS/current" ]; then
        # Whoever starts from now on sends what it sent before.
        [ -r "$SECRETS/links" ] || cp "$SECRETS/current" "$SECRETS/links"
        read_secrets
        trust_both "$CREDENTIALS" "$SECRETS/$term"
        # Who goes back to the settings of before has to bring them anew.
        rm -f "$SECRETS"/*/accepted
        name_term current
        await_server || return 0
        there=$(ask "$OWN_SERVER" 'ACL USERS')
        case $?:$there in
        # One that was interrupted may have come that far; then it lets this member in with what it sends from `use` on.
        2:*) return 0 ;;
        0:?*) ;;
        *)
            echo "$NO_ANSWER"
            return 1
            ;;
        esac
        # shellcheck disable=SC2086 # a list
        tell_all "$(certificate_command && user_commands $there)" || return
    else
        name_term current
    fi
    : >"$SECRETS/$term/accepted"
}

# trust_both OLD NEW: who has the secrets NEW trusts whom OLD trusts, too, until all have the new ones
trust_both() {
    [ "$1" = "$2" ] || [ ! -r "$1/authorities.crt" ] ||
        cat "$2/authorities.crt" "$1/authorities.crt" >"$2/trusted.crt"
}

# Prints the command with which a data node takes a certificate while it runs; Sentinel has none.
certificate_command() {
    [ "$KIND:$TLS" = data:yes ] || return 0
    read_secrets
    set -- "tls-cert-file $CREDENTIALS/node.crt" "tls-key-file $CREDENTIALS/node.key" "tls-ca-cert-file $TRUSTED"
    echo "CONFIG SET $*"
}

# One that is just starting may have read its files a moment ago; where none is there, it will read them when it starts.
await_server() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        server_is_absent || return 0
        sleep 0.2
    done
    false
}

shows() {
    read_secrets
    [ "$KIND:$TLS" != sentinel:yes ] || [ ! -r "$SHOWN" ] || [ "$(cat "$SHOWN")" = "$(fingerprint)" ] ||
        echo 'another certificate'
}

# Prints `changed` where a running group goes over from others.
use() {
    if [ -r "$SECRETS/links" ]; then
        read -r before <"$SECRETS/links"
        name_term links
        rm -f "$SECRETS/$term/trusted.crt"
        read_secrets
        [ "$before" = "$term" ] || echo changed
        await_server || return 0
        tell_links || return
    else
        # Its first ones: no server of this member's was ever started with others.
        name_term links
    fi
    for old in "$SECRETS"/*/; do
        [ "$old" = "$SECRETS/$term/" ] || rm -rf "$old"
    done
    : >"$SECRETS/$term/used"
}

tell_links() {
    case $KIND in
    data) tell_all "$(certificate_command && echo "CONFIG SET masterauth $REPLICATION_PASSWORD")" ;;
    sentinel)
        tell_all "SENTINEL SET $MASTER_NAME auth-pass $SENTINEL_PASSWORD
SENTINEL CONFIG SET sentinel-pass $SENTINEL_PASSWORD"
        ;;
    esac
}

# tell_all COMMANDS: fails if one of them is refused or not answered, and prints why
tell_all() {
    tell_once "$1"
    # The client connects anew where the server breaks off, and does not log in again.
    case $refused in *NOAUTH*) tell_once "$1" ;; esac
    [ -z "$refused" ] || {
        printf '%s\n' "$refused"
        return 1
    }
}

tell_once() {
    replies=$(ask "$OWN_SERVER" "$1")
    [ $? != 2 ] || replies="$OWN_SERVER does not let the user admin in"
    refused=$(printf '%s\n' "$replies" | grep -v -e '^OK$' -e '^[0-9]*$')
    # A server that hangs in the middle leaves its replies short; an error has an empty line after it.
    if [ -z "$refused" ] && [ "$(lines_of "$replies")" != "$(lines_of "$1")" ]; then refused=$NO_ANSWER; fi
}

lines_of() { printf '%s\n' "$1" | grep -c .; }

umask 077
"$step"
