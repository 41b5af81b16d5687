# shellcheck shell=sh
# The users and their passwords, which are brought to the running container, into a volume of the member's own: a folder
# for each content. `current` names the one that the server accepts, `links` the one whose passwords this member itself
# sends: when passwords change, all members accept the new ones before the first one sends them.

SECRETS=$NODE_HOME/secrets

# Sets ADMIN_PASSWORD, REPLICATION_PASSWORD and SENTINEL_PASSWORD, and where the certificate is; fails while there are
# none, or only those from before TLS was turned on, without a certificate: no server starts with these.
read_secrets() {
    read -r current_term <"$SECRETS/current" || return
    find_credentials "$SECRETS/$current_term"
    links_term=$current_term
    [ ! -r "$SECRETS/links" ] || read -r links_term <"$SECRETS/links"
    while read -r user password; do
        case $user in
        admin) ADMIN_PASSWORD=$password ;;
        replication) REPLICATION_PASSWORD=$password ;;
        sentinel) SENTINEL_PASSWORD=$password ;;
        esac
    done <"$SECRETS/$links_term/passwords"
    [ "$TLS" = no ] || [ -r "$CREDENTIALS/node.crt" ]
} 2>/dev/null

# A container is there before its secrets are.
await_secrets() {
    trap 'exit 143' TERM INT
    read_secrets && return
    say 'waits for its secrets'
    note_waiting 'its secrets have not been brought yet (npm run up)'
    until read_secrets; do sleep 0.1; done
}
