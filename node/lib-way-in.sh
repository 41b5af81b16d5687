# shellcheck shell=sh
# A way in that stays open. A server whose clients have taken all its connections (maxclients) lets nobody else in, not
# even its own node, which then could neither hand over nor say what is wrong. So the node holds one connection from the
# beginning: a client program that reads commands from a pipe, of whatever part of this program runs in the container.

WAY_IN=$DATA_DIR/way-in
# What the client program printed since it was last asked.
WAY_IN_REPLIES=$WAY_IN.replies
# Whoever asks has it; the others wait for as long as it can last.
WAY_IN_TAKEN=$WAY_IN.taken
# There while the server lets nobody else in.
SERVER_FULL=$WAY_IN.full

# Without an answer for this many calls it is opened anew.
WAY_IN_SILENCE=15

# What a start finds is from the one before.
close_way_in() { rm -f "$WAY_IN" "$WAY_IN_REPLIES" "$WAY_IN_TAKEN" "$SERVER_FULL"; }

# About once a second, once the server answers. Logging in again keeps the connection from being closed as idle, and
# opens it again when it was closed.
hold_way_in() {
    if ! kill -0 "${way_in_pid:-none}" 2>/dev/null; then
        open_way_in
    elif [ -s "$WAY_IN_REPLIES" ]; then
        way_in_silence=0
    else
        # What was written may have found nobody who reads, or a connection that was closed.
        way_in_silence=$((${way_in_silence:-0} + 1))
        [ "$way_in_silence" -lt "$WAY_IN_SILENCE" ] || kill -KILL "$way_in_pid" 2>/dev/null
    fi
    if [ ! -e "$WAY_IN_TAKEN" ] && read_secrets; then
        : >"$WAY_IN_REPLIES"
        printf 'AUTH admin %s\n' "$ADMIN_PASSWORD" 1<>"$WAY_IN"
    fi
}

# The pipe is opened for both: the client program never sees its end, and nobody waits for a reader that is gone.
open_way_in() {
    close_way_in
    mkfifo -m 600 "$WAY_IN" || return
    (umask 077 && : >"$WAY_IN_REPLIES")
    # shellcheck disable=SC2086 # several words
    "$CLIENT" $TLS_OPTIONS -h "$LISTEN_ADDRESS" -p "$LISTEN_PORT" <>"$WAY_IN" >>"$WAY_IN_REPLIES" 2>/dev/null &
    way_in_pid=$!
    way_in_silence=0
}

# ask_inside COMMAND...: as ask, of the own server, over the connection that is held. Fails if there is none, or no answer
# within ANSWER_S.
ask_inside() (
    [ -p "$WAY_IN" ] && read_secrets && take_way_in || exit
    mark=$$-$(now)
    commands=$(printf '%s\n' "$@")
    : >"$WAY_IN_REPLIES"
    # In one piece: what others write must not get between.
    printf 'AUTH admin %s\nECHO begin-%s\n%s\nECHO end-%s\n' "$ADMIN_PASSWORD" "$mark" "$commands" "$mark" 1<>"$WAY_IN"
    rounds=$((ANSWER_S * 50))
    code=1
    while [ "$rounds" -gt 0 ]; do
        rounds=$((rounds - 1))
        if answer=$(awk -v begin="begin-$mark" -v end="end-$mark" '
            { sub(/\r$/, "") }
            $0 == end { ended = 1; exit }
            inside
            $0 == begin { inside = 1 }
            END { exit !(inside && ended) }' "$WAY_IN_REPLIES"); then
            printf '%s\n' "$answer"
            code=0
            break
        fi
        sleep 0.02
    done
    rm -f "$WAY_IN_TAKEN"
    exit "$code"
)

# in_one_line WORD...: a command as the client program reads it
in_one_line() {
    for word; do
        printf '"%s" ' "$(printf '%s' "$word" | sed 's/[\\"]/\\&/g')"
    done
}

# mark_full yes|no: only where it differs, since it costs a process.
mark_full() {
    case $1 in
    yes) [ -e "$SERVER_FULL" ] || : >"$SERVER_FULL" ;;
    *) [ ! -e "$SERVER_FULL" ] || rm -f "$SERVER_FULL" ;;
    esac
}

# One that was ended while it had it does not come back.
take_way_in() {
    tries=$((ANSWER_S * 50))
    set -C
    until true >"$WAY_IN_TAKEN"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || break
        sleep 0.02
    done
    set +C
} 2>/dev/null
