"""An application's client: the output `connection` is all that it needs.

npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | python3 examples/redis-py/main.py
"""

import json
import sys

from redis.sentinel import Sentinel

c = json.load(sys.stdin)
# Where the stack has the setting `tls`: whom to trust.
tls = {"ssl": True, "ssl_ca_data": c["tls"]["ca"]} if "tls" in c else {}
sentinel = Sentinel(
    [(s["host"], s["port"]) for s in c["sentinels"]],
    sentinel_kwargs={"username": c["sentinelUsername"], "password": c["sentinelPassword"], **tls},
    username=c["username"],
    password=c["password"],
    **tls,
)
master = sentinel.master_for(c["name"])

master.set("greeting", "hello from redis-py")
print(master.get("greeting").decode())
