"""The same from outside the Docker network where containers' addresses are not routed (Docker Desktop, another machine):
the output's natMap says under which address each member is reached instead.

npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | python3 examples/redis-py/outside.py
"""

import json
import sys

from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel


class TranslatingSentinel(Sentinel):
    """Asks the Sentinels as ever, and translates the addresses that they answer with."""

    nat_map: dict = {}

    def discover_master(self, service_name):
        return self._translated(super().discover_master(service_name))

    def discover_slaves(self, service_name):
        return [self._translated(address) for address in super().discover_slaves(service_name)]

    def _translated(self, address):
        host, port = address
        outside = self.nat_map.get(f"{host}:{port}")
        return (outside["host"], outside["port"]) if outside else address


c = json.load(sys.stdin)
# Where the stack has the setting `tls`: whom to trust.
tls = {"ssl": True, "ssl_ca_data": c["tls"]["ca"]} if "tls" in c else {}
bounds = {
    # The address of a node that is gone does not answer; the library's own bound is 5 s.
    "socket_connect_timeout": c["connectTimeout"] / 1000,
    "socket_timeout": 3,
    # The library's own retries go to the address that they went to before, without asking the Sentinels again.
    "retry": Retry(NoBackoff(), 0),
}
sentinel = TranslatingSentinel(
    [(s["host"], s["port"]) for s in c["sentinels"]],
    sentinel_kwargs={"username": c["sentinelUsername"], "password": c["sentinelPassword"], **bounds, **tls},
    username=c["username"],
    password=c["password"],
    **bounds,
    **tls,
)
sentinel.nat_map = c.get("natMap", {})
master = sentinel.master_for(c["name"])

master.set("greeting", "hello from outside")
print(master.get("greeting").decode())
