#!/bin/sh
# secrets.sh accept TERM: takes the users and passwords that were brought, and has the server accept them.
# secrets.sh use TERM: from now on this member sends the passwords of that term itself, and trusts its authorities alone.
# secrets.sh shows TERM: prints `another certificate` of a Sentinel that has to start again to show the one of now.
# Each can be repeated. Prints what the server refused, and fails then.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-ask.sh"

SPEAKER=secrets
step=$1 term=$2
ANSWER_S=5

# By rename, so that nobody reads half of it.
name_term() { printf '%s\n' "$term" >"$SECRETS/$1.new" && mv -f "$SECRETS/$1.new" "$SECRETS/$1"; }

user_commands() {
    while read -r user rules; do
        printf 'ACL SETUSER %s %s\n' "$user" "$rules"
    done <"$SECRETS/$term/users"
    for user in $(ask "$OWN_SERVER" 'ACL USERS'); do
        grep -q "^$user " "$SECRETS/$term/users" || printf 'ACL DELUSER %s\n' "$user"
    done
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
        await_answer || return 0
        tell_all "$(certificate_command && user_commands)" || return
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

# A server that does not answer has not started, or is just starting; it may have read its file a moment ago.
await_answer() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(ask "$OWN_SERVER" PING)" != PONG ] || return 0
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
    before=$term
    [ ! -r "$SECRETS/links" ] || read -r before <"$SECRETS/links"
    name_term links
    rm -f "$SECRETS/$term/trusted.crt"
    read_secrets
    if [ "$before" != "$term" ]; then
        echo changed
        await_answer || return 0
    fi
    case $KIND in
    data)
        tell_all "$(certificate_command && echo "CONFIG SET masterauth $REPLICATION_PASSWORD")" || return
        ;;
    sentinel)
        tell_all "SENTINEL SET $MASTER_NAME auth-pass $SENTINEL_PASSWORD
SENTINEL CONFIG SET sentinel-pass $SENTINEL_PASSWORD" || return
        ;;
    esac
    for old in "$SECRETS"/*/; do
        [ "$old" = "$SECRETS/$term/" ] || rm -rf "$old"
    done
    : >"$SECRETS/$term/used"
}

# tell_all COMMANDS: fails if one of them is refused, and prints why; one that does not answer will read it when it starts
tell_all() {
    replies=$(ask "$OWN_SERVER" "$1") || return 0
    refused=$(printf '%s\n' "$replies" | grep -v -e '^OK$' -e '^[0-9]*$')
    [ -z "$refused" ] || {
        printf '%s\n' "$refused"
        return 1
    }
}

umask 077
"$step"
