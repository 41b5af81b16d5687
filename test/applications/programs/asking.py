"""A connection of redis-py whose retries find the next master.

A command that is tried again by the library itself connects to the address that it was at before: to a master that is a
replica now, or to nobody. This one asks the Sentinels each time, so that `retry` bridges a failover.
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


def patience():
    """Ten times a second, for ten seconds and more."""
    return Retry(ConstantBackoff(0.1), 100)
