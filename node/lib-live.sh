# shellcheck shell=sh
# What a server changes while it runs, and how a data node shows which word on its group it has.

# Shown with `CONFIG GET proc-title-template`, and in the host's process list: the term of the group's settings.
TITLE='{title} {listen-addr} {server-mode}'

show_term() {
    [ "$KIND" != data ] || tell "CONFIG SET proc-title-template \"$TITLE $TERM\""
}

# Whether the server has all that this node was told: the term is shown last.
shows_term() {
    case $(ask "$OWN_SERVER" 'CONFIG GET proc-title-template' | sed -n 2p) in
    *" $TERM") ;;
    *) return 1 ;;
    esac
}

# quoted VALUE: as one argument for the client, which reads quotes. The plan has one in quotes as a whole, or none.
quoted() {
    case $1 in
    \"*\") printf '%s' "$1" ;;
    *) printf '"%s"' "$1" ;;
    esac
}

# has_live LINE: whether LIVE_CONF has this line, not only as a part of another one
has_live() {
    case "
$LIVE_CONF
" in
    *"
$1
"*) ;;
    *) return 1 ;;
    esac
}

# Prints the commands that make the running server what LIVE_CONF says, a line each.
live_commands() {
    case $KIND in
    sentinel) echo "SENTINEL SET $MASTER_NAME quorum $QUORUM" ;;
    esac
    while read -r directive value; do
        case $KIND:$directive:$value in
        # Not with echo, which some shells let make lines, and so commands, of what has a backslash in it.
        data:*) printf 'CONFIG SET %s %s\n' "$directive" "$(quoted "$value")" ;;
        # Sentinels find each other by themselves.
        sentinel:sentinel:known-sentinel*) ;;
        sentinel:sentinel:resolve-hostnames*) echo "SENTINEL CONFIG SET $value" ;;
        # `down-after-milliseconds NAME VALUE`, which SENTINEL SET wants the other way round
        sentinel:sentinel:*) echo "SENTINEL SET $MASTER_NAME ${value%% *} ${value##* }" ;;
        sentinel:*) echo "SENTINEL CONFIG SET $directive $value" ;;
        esac
    done <<CONF
$LIVE_CONF
CONF
}
