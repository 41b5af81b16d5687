# shellcheck shell=sh
# TLS: where this member's certificate is, and whom it trusts.

# While certificates change over, a member trusts the authorities of before too: `trusted.crt`, beside its other secrets.
# find_credentials FOLDER: sets CREDENTIALS, TRUSTED and, for the client, TLS_OPTIONS
find_credentials() {
    CREDENTIALS=$1 TRUSTED=$1/authorities.crt TLS_OPTIONS=''
    [ "$TLS" = yes ] || return 0
    [ ! -r "$1/trusted.crt" ] || TRUSTED=$1/trusted.crt
    TLS_OPTIONS="--tls --cacert $TRUSTED --cert $CREDENTIALS/node.crt --key $CREDENTIALS/node.key"
}

# Prints what the server needs to know of it, as lines of a configuration file; nothing without TLS.
tls_lines() {
    [ "$TLS" = no ] || printf '%s\n' \
        "tls-cert-file $CREDENTIALS/node.crt" "tls-key-file $CREDENTIALS/node.key" "tls-ca-cert-file $TRUSTED"
}

# Of a Sentinel, which takes a certificate only when it starts: what it has started with.
SHOWN=$SECRETS/shown

note_shown() { fingerprint >"$SHOWN"; }

fingerprint() { cat "$CREDENTIALS/node.crt" "$CREDENTIALS/node.key" "$CREDENTIALS/authorities.crt" | cksum; }
