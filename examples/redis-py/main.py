"""An application's client: the output `connection` is all that it needs.

npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | python3 examples/redis-py/main.py

With a number it goes on writing for so many seconds, and says each pause that was longer than a tenth of one.
"""

import json
import sys
import time

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel

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
sentinel = Sentinel(
    [(s["host"], s["port"]) for s in c["sentinels"]],
    sentinel_kwargs={"username": c["sentinelUsername"], "password": c["sentinelPassword"], **bounds, **tls},
    username=c["username"],
    password=c["password"],
    **bounds,
    **tls,
)
master = sentinel.master_for(c["name"])



def patiently(command, *args):
    """Tries again while there is no master; what may not run twice needs more care."""
    while True:
        try:
            return command(*args)
        except (ConnectionError, TimeoutError):
            time.sleep(0.1)


patiently(master.set, "greeting", "hello from redis-py")
print(patiently(master.get, "greeting").decode(), flush=True)

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0
began = last = time.monotonic()
while time.monotonic() < began + seconds:
    patiently(master.set, "greeting", "hello again")
    pause = time.monotonic() - last
    if pause > 0.1:
        print(f"pause of {pause * 1000:.0f} ms", flush=True)
    last = time.monotonic()
    time.sleep(0.02)
