#!/bin/sh
# settings.sh GROUP: takes the text of another group.env, for now and for later starts of this container.
# What the running server can change is changed at once. Prints what it refused, and fails if it refused anything. One
# that does not answer is starting, or will start, with the new text.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-live.sh"

# A change of the append-only file, or of much memory, takes the server a moment.
ANSWER_S=10

# By rename, so that a crash or a full disk leaves the previous one whole; before anything is changed, so that what the
# server shows is never newer than what it will start with.
previous=''
[ ! -r "$GROUP_FILE" ] || previous=$(cat "$GROUP_FILE")
if ! { echo "$INSTEAD_OF_PLANNED" && printf '%s\n' "$1"; } >"$GROUP_FILE.new" || ! mv -f "$GROUP_FILE.new" "$GROUP_FILE"; then
    echo "$GROUP_FILE cannot be written"
    exit 1
fi
read_group

commands=$(live_commands)
# Line by line, the client's own way of asking one after the other; a reply is one line each, an error has an empty one
# after it.
replies=$(ask "$OWN_SERVER" "$commands") || exit 0
refused=$(
    printf '%s\n' "$commands" | while read -r command; do
        while read -r reply <&3 && [ -z "$reply" ]; do :; done
        case $reply in
        # The second is what Redis 7.0 says: its Sentinels change the log level with their next start only.
        OK | *" argument 'loglevel' to SENTINEL CONFIG SET") ;;
        *) printf '%s: %s\n' "${command#CONFIG SET }" "${reply:-no answer within $ANSWER_S s}" ;;
        esac
    done 3<<REPLIES
$replies
REPLIES
)
if [ "$KIND" = data ] && has_live 'appendonly no'; then retire_aof; fi
if [ -n "$refused" ]; then
    # What a running server refuses, it would not start with either.
    printf '%s\n' "$previous" >"$GROUP_FILE.new" && mv -f "$GROUP_FILE.new" "$GROUP_FILE"
    printf '%s\n' "$refused"
    exit 1
fi
# Last: it stands for all of them.
show_term
