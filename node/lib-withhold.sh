# shellcheck shell=sh
# A node that starts says `role:slave` until it has a role. Sentinel asks each 10 s, and holds a master that says so for
# longer than down-after + 20 s for down: it would replace one that took its role a moment before it is asked again, and
# what that one took meanwhile would be lost (tried: 106 writes). So while the Sentinels name this node, and it has no role
# yet, it refuses them INFO: they keep what they knew, ask ten times a second, and see the role as soon as it is there.
# (Whether it lives they ask with PING.)

# Words of a user's line that take INFO away, and those that give it back, as the planned ones do.
WITHHOLDING=-info GIVING=+info

# Before the server starts: only its last word was that it is master. As whoever else it may start, the Sentinels are to
# see that it is not ready.
plan_withholding() {
    withheld_as=''
    [ "$TOPOLOGY:$LAST_ROLE" != sentinel:master ] || withheld_as=$CREDENTIALS
}

# withhold_at_start <USERS: as lines of the server's configuration
withhold_at_start() { sed "${withheld_as:+/^user sentinel /s/\$/ $WITHHOLDING/}"; }

# After gather, without a role: as they name this node, or another one.
mind_sentinels() {
    case $NAMED in
    "$SELF") withhold_info ;;
    '') ;;
    *) give_info ;;
    esac
}

# With other secrets, the server was told its users anew.
withhold_info() {
    read_secrets || return 0
    [ "$withheld_as" != "$CREDENTIALS" ] || return 0
    ! tell "ACL SETUSER sentinel $WITHHOLDING" || withheld_as=$CREDENTIALS
}

# Called again until the server has heard it.
give_info() {
    [ -n "$withheld_as" ] || return 0
    ! tell "ACL SETUSER sentinel $GIVING" || withheld_as=''
}
