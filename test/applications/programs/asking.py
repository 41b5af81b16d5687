"""A connection of redis-py whose retries find the next master.

A command that is tried again by the library itself connects to the address that it was at before: to a master that is a
replica now, or to nobody. This one asks the Sentinels each time, so that `retry` bridges a failover. And a transaction
with `WATCH` ends: by itself it goes back to the same replica, without end.

And a command that is interrupted while it waits (RQ's worker is, by SIGTERM) leaves its answer in the library's Sentinel
connections for the next command to read, and the server still gives a job to it. This one is closed then, as all other
connections of the library are.
"""

from redis.backoff import ConstantBackoff
from redis.retry import Retry
from redis.sentinel import SentinelManagedConnection


class AskingConnection(SentinelManagedConnection):
    def connect_check_health(self, check_health=True, retry_socket_connect=True):
        if retry_socket_connect and not self._sock:
            # Comes back here, with the address that a Sentinel named.
            self._connect_retry()
        else:
            super().connect_check_health(check_health, retry_socket_connect)

    def read_response(self, *args, disconnect_on_error=True, **options):
        return super().read_response(*args, disconnect_on_error=disconnect_on_error, **options)


def patience():
    """Ten times a second, for ten seconds and more."""
    return Retry(ConstantBackoff(0.1), 100)
