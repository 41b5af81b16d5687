# shellcheck shell=sh
# Who has taken all connections of a server that lets nobody else in.

# Prints nothing, or what a sentence on the server goes on with. (Thousands of connections are a long list.)
but_full() {
    [ -e "$SERVER_FULL" ] || return 0
    ANSWER_S=3
    ask "$OWN_SERVER" 'CONFIG GET maxclients' 'CLIENT LIST' | name_holders
}

# name_holders: pure; of the replies to these two, the three that have most: user, address and name of a connection.
name_holders() {
    awk '
        NR == 2 { limit = $0 + 0 }
        !/^id=/ { next }
        {
            count++
            user = host = name = ""
            for (field = 1; field <= NF; field++) {
                value = $field
                sub(/^[^=]*=/, "", value)
                if ($field ~ /^addr=/) { host = value; sub(/:[0-9]*$/, "", host) }
                if ($field ~ /^user=/) user = value
                if ($field ~ /^name=./) name = " (" substr(value, 1, 40) ")"
            }
            held[user " at " host name]++
        }
        END {
            if (limit == 0 || count < limit) exit
            printf ", but it lets nobody else in: all its %d connections are taken", limit
            for (place = 0; place < 3; place++) {
                most = ""
                for (holder in held) {
                    if (most == "" || held[holder] > held[most] || (held[holder] == held[most] && holder < most)) most = holder
                }
                if (most == "") break
                printf ", %d by %s", held[most], most
                delete held[most]
            }
        }'
}
