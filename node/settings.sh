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
. "$NODE_HOME/lib-fence.sh"

# A change of much memory takes the server a moment.
ANSWER_S=10
# With much data, turning the append-only file off takes longer than anybody is to wait for it. (Whoever tells this node
# waits a minute: changes/tell.ts.)
AOF_OFF_S=40
SNAPSHOT_FAILED_S=5
NO_ANSWER="no answer within $ANSWER_S s"
AOF_OFF='CONFIG SET appendonly "no"'

# By rename, so that a crash or a full disk leaves the previous one whole.
put_group() { put_file "$GROUP_FILE" "$1"; }

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

# The node's own program turns it off (lib-aof.sh): it is there until that is done, however long that takes, and whoever
# told it may be gone.
await_aof_off() {
    began=$(now) answered=$began unsaved_since=''
    while [ $(($(now) - began)) -lt "$AOF_OFF_S" ]; do
        file=none
        if has_append_only_file; then file=whole; fi
        ask_info "$OWN_SERVER"
        [ "$INFO_ROLE" = down ] || answered=$(now)
        case $INFO_ROLE:$INFO_AOF_ENABLED:$file:$INFO_WRITES_FILE:$INFO_SAVED in
        *:0:none:*) return ;;
        down:*)
            if [ $(($(now) - answered)) -ge "$ANSWER_S" ]; then
                # It may still come to it.
                echo "$NO_ANSWER"
                exit 1
            fi
            ;;
        # It has no role yet, or gets its data: it comes to it later.
        standby:* | loading:*) return ;;
        # One that failed before is tried again first.
        *:1:*:no:err)
            : "${unsaved_since:=$(now)}"
            if [ $(($(now) - unsaved_since)) -ge "$SNAPSHOT_FAILED_S" ]; then
                TERM=$previous_term
                show_term
                take_back "appendonly stays on: no snapshot could be written, without which turning it off would lose data (rdb_last_bgsave_status:err); make room on the disk of $DATA_DIR"
            fi
            ;;
        *) unsaved_since='' ;;
        esac
        sleep 0.2
    done
}

# Before anything is changed, so that what the server shows is never newer than what it will start with.
previous='' previous_term=$TERM
[ ! -r "$GROUP_FILE" ] || previous=$(cat "$GROUP_FILE")
if ! put_group "$INSTEAD_OF_PLANNED
$1"; then
    echo "$GROUP_FILE cannot be written: is the disk full?"
    exit 1
fi
read_group

if server_is_absent; then exit 0; fi
commands=$(live_commands)
if [ "$KIND" = data ] && asks_for_more; then
    commands="CONFIG SET $LIFTED
$(printf '%s\n' "$commands" | grep -v '^CONFIG SET min-replicas-max-lag ')"
fi
refused=$(tell_lines "$(printf '%s\n' "$commands" | grep -vxF "$AOF_OFF")")
case $?:$refused in
0:) ;;
0:*) take_back "$refused" ;;
2:*) take_back "$OWN_SERVER does not let the user admin in" ;;
*) take_back "$NO_ANSWER" ;;
esac
show_term || {
    echo "$NO_ANSWER"
    exit 1
}
# Only once all else is taken, which the term shows: a server that starts with the settings of before loads its append-only
# file, so until then it has to write to it.
if [ "$KIND" = data ] && has_live 'appendonly no'; then await_aof_off; fi
