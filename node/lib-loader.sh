# shellcheck shell=sh
# Redis loads its append-only file with a client of its own, which is the user `default`. Whatever this user may not do,
# the loader drops, with one line in the log: all that was written in MULTI, by a script with more than one write, by
# XREADGROUP, or to a key that had just expired. So the server starts with all rights for it, whatever the users say.

# Off and without a password: nobody can be it.
LOADER='default reset off ~* &* +@all'

# Prints the users as lines of a configuration file.
users_for_loading() {
    sed '/^default /d; s/^/user /' "$CREDENTIALS/users"
    echo "user $LOADER"
}

users_default() { grep '^default ' "$CREDENTIALS/users"; }

# Brought by an older program, or changed by hand.
say_if_loader_is_bound() {
    has_append_only_file || return 0
    case $(users_default) in
    "$LOADER" | *' on '*) ;;
    *) say "the users that were brought leave the user default, with which the server loads its append-only file, without rights; it loads with all rights all the same (npm run up brings the right ones)" ;;
    esac
}

# Once loaded, `default` is what the users say: with the setting defaultUser, clients may be it.
take_loaders_rights() {
    read_secrets
    rules=$(users_default)
    case $rules in
    *' on '*) ;;
    *) return ;;
    esac
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if tell "ACL SETUSER $rules" || ! server_runs; then return; fi
        sleep 0.5
    done
    say 'the server did not take the rights of the user default, who stays off: npm run up brings them'
}
