#!/bin/sh
# A Sentinel: composes its file from the plan's template and the group's word, then becomes the server.
set -u
NODE_HOME=${NODE_HOME:-$(dirname "$0")}
. "$NODE_HOME/lib-env.sh"
. "$NODE_HOME/lib-secrets.sh"
. "$NODE_HOME/lib-tls.sh"
. "$NODE_HOME/lib-way-in.sh"
. "$NODE_HOME/lib-ask.sh"
. "$NODE_HOME/lib-note.sh"
. "$NODE_HOME/lib-facts.sh"
. "$NODE_HOME/lib-compare.sh"
. "$NODE_HOME/lib-waiting.sh"
. "$NODE_HOME/lib-room.sh"
. "$NODE_HOME/lib-group.sh"

SPEAKER=sentinel

# Only the word on the master and the votes survive a restart; everything else comes from the template,
# so that changed settings arrive, and replicas and Sentinels that left the plan are forgotten.
sentinel_configuration() {
    cat "$NODE_HOME/sentinel.conf"
    # Its own settings of a master can follow only after the line that names it.
    printf '%s\n' '' \
        "sentinel monitor $MASTER_NAME ${MASTER%:*} ${MASTER##*:} $QUORUM" \
        "sentinel config-epoch $MASTER_NAME $CONFIG_EPOCH" \
        "sentinel leader-epoch $MASTER_NAME $LEADER_EPOCH" \
        "sentinel current-epoch $CURRENT_EPOCH" \
        "sentinel auth-user $MASTER_NAME sentinel" \
        "sentinel auth-pass $MASTER_NAME $SENTINEL_PASSWORD" \
        'sentinel sentinel-user sentinel' \
        "sentinel sentinel-pass $SENTINEL_PASSWORD"
    sed 's/^/user /' "$CREDENTIALS/users"
    tls_lines
    printf '%s\n' "$LIVE_CONF"
    # Known in advance: found by INFO, they would take Sentinel 10 s.
    # shellcheck disable=SC2086 # a list
    for replica in $(without "$MASTER" $DATA_NODES); do
        echo "sentinel known-replica $MASTER_NAME ${replica%:*} ${replica##*:}"
    done
}

await_secrets
[ -r "$NODE_HOME/sentinel.conf" ] || {
    say "$NODE_HOME/sentinel.conf cannot be read" >&2
    exit 1
}
note_decided
await_room
read_state
find_master
# That may take long, and others may have been brought meanwhile.
read_secrets
umask 077
[ "$TLS" = no ] || note_shown
until put_file "$STATE" "$(sentinel_configuration)"; do
    await_room
    sleep 1
done
exec "$SERVER" "$STATE" --sentinel
