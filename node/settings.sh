#!/bin/sh
# settings.sh GROUP: takes the text of another group.env, for now and for later starts of this container.
# What the running server can change is changed at once. Prints what it refused or did not answer, and fails then. Where
# no server listens yet, it will start with the new text.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-version.sh"
. "$NODE_HOME/lib-live.sh"

# A change of the append-only file, or of much memory, takes the server a moment.
ANSWER_S=10
NO_ANSWER="no answer within $ANSWER_S s"
AOF_OFF='CONFIG SET appendonly "no"'

# By rename, so that a crash or a full disk leaves the previous one whole.
put_group() { printf '%s\n' "$1" >"$GROUP_FILE.new" && mv -f "$GROUP_FILE.new" "$GROUP_FILE"; }

# What a running server refuses, it would not start with either.
take_back() {
    put_group "$previous"
    printf '%s\n' "$1"
    exit 1
}

# tell_lines COMMANDS: says them line by line, the client's own way of asking one after the other. Prints what was
# refused or not answered; fails if it was not let in.
tell_lines() {
    replies=$(ask "$OWN_SERVER" "$1") || return
    printf '%s\n' "$1" | while read -r command; do
        # A reply is one line each, an error has an empty one after it.
        while read -r reply <&3 && [ -z "$reply" ]; do :; done
        case $reply in
        # The second is what Redis 7.0 says: its Sentinels change the log level with their next start only.
        OK | *" argument 'loglevel' to SENTINEL CONFIG SET") ;;
        *) printf '%s: %s\n' "${command#CONFIG SET }" "${reply:-$NO_ANSWER}" ;;
        esac
    done 3<<REPLIES
$replies
REPLIES
}

# Before anything is changed, so that what the server shows is never newer than what it will start with.
previous=''
[ ! -r "$GROUP_FILE" ] || previous=$(cat "$GROUP_FILE")
if ! put_group "$INSTEAD_OF_PLANNED
$1"; then
    echo "$GROUP_FILE cannot be written"
    exit 1
fi
read_group

if server_is_absent; then exit 0; fi
commands=$(live_commands)
refused=$(tell_lines "$(printf '%s\n' "$commands" | grep -vxF "$AOF_OFF")")
case $?:$refused in
0:) ;;
0:*) take_back "$refused" ;;
2:*) take_back "$OWN_SERVER does not let the user admin in" ;;
*) take_back "$NO_ANSWER" ;;
esac
if [ "$KIND" = data ] && has_live 'appendonly no'; then
    # Alone, once all else is taken: a server that starts with the settings of before loads its append-only file, so until
    # then it has to write to it.
    refused=$(tell_lines "$AOF_OFF") || refused=$NO_ANSWER
    case $refused in
    '') retire_unused_aof ;;
    *"$NO_ANSWER")
        # It may still come to it, and then starts without that file.
        printf '%s\n' "$refused"
        exit 1
        ;;
    *) take_back "$refused" ;;
    esac
fi
# Last: it stands for all of them.
show_term || {
    echo "$NO_ANSWER"
    exit 1
}
