"""What the programs in Python have in common: where they connect to, what they report, and when they end.

A report is a line of JSON on the standard output, as in report.mjs.
"""

import faulthandler
import json
import os
import signal
import time

from redis.backoff import NoBackoff
from redis.retry import Retry

with open(os.environ["REDIS_CONNECTION"], encoding="utf-8") as file:
    connection = json.load(file)

sentinels = [(s["host"], s["port"]) for s in connection["sentinels"]]
# Milliseconds in `connection`, seconds in Python.
bounds = {
    "socket_connect_timeout": connection["connectTimeout"] / 1000,
    # Longer than any blocking command here waits.
    "socket_timeout": 3,
}
sentinel_kwargs = {
    "username": connection["sentinelUsername"],
    "password": connection["sentinelPassword"],
    **bounds,
    # A Sentinel that does not answer is not tried again: the next one is asked.
    "retry": Retry(NoBackoff(), 0),
}

me = str(os.getpid())

# Where it stands, for a test that has waited in vain.
faulthandler.register(signal.SIGUSR2)


def report(**facts):
    line = json.dumps({"at": int(time.time() * 1000), **facts}) + "\n"
    # In one piece, also from a worker's child, and past what a framework makes of print().
    os.write(1, line.encode())


def failed(what, error):
    report(failed=what, error=f"{type(error).__name__}: {error}".split("\n")[0])


_running = True


def end_at_sigterm():
    def stop(*_):
        global _running
        _running = False

    signal.signal(signal.SIGTERM, stop)


def is_running():
    return _running


def until(what, command):
    """Repeats a command until it succeeds; what it was told in between is reported."""
    while True:
        try:
            result = command()
            report(done=what)
            return result
        except Exception as error:  # noqa: BLE001: the test judges which ones may be
            failed(what, error)
            time.sleep(0.05)
