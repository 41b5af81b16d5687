# shellcheck shell=sh
# While the server runs: keep the marker up to date, and let the node be promoted once it is worth it.

# Only records: roles are moved by Sentinel (or by a person), with REPLICAOF, behind our back.
watch_server() {
    while server_runs; do
        record_state
        case $INFO_ROLE:$INFO_LINK in
        master:* | replica:up) allow_promotion ;;
        esac
        sleep 1
    done
}

# A replica that never synced must not be promoted: redis.conf starts with replica-priority 0, which Sentinel respects.
# (It would not see it otherwise: a link that was never up counts as -1 s down.)
allow_promotion() {
    [ "${promotable-no}" = no ] || return 0
    tell "CONFIG SET replica-priority $REPLICA_PRIORITY" && promotable=yes
}

# At boot: a data set that synced once and was loaded whole is worth it too, also if its master never comes back.
welcome_promotion() {
    [ "$SYNCED" != yes ] || [ "$OWN_DATA" = lost ] || allow_promotion
}
