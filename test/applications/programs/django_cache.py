"""Django's cache in Redis: values, locks and iteration."""

import time

import django
from django.conf import settings

from asking import AskingConnection, patience
from report import bounds, connection as c, end_at_sigterm, is_running, me, report, sentinel_kwargs, sentinels, until


def cache_at(database):
    options = {
        "CLIENT_CLASS": "django_redis.client.SentinelClient",
        "CONNECTION_FACTORY": "django_redis.pool.SentinelConnectionFactory",
        "SENTINELS": sentinels,
        "SENTINEL_KWARGS": sentinel_kwargs,
        "USERNAME": c["username"],
        "PASSWORD": c["password"],
        "SOCKET_CONNECT_TIMEOUT": bounds["socket_connect_timeout"],
        "SOCKET_TIMEOUT": bounds["socket_timeout"],
        "CONNECTION_POOL_KWARGS": {"connection_class": AskingConnection, "retry": patience()},
    }
    location = f"redis://{c['name']}/{database}"
    return {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": location, "OPTIONS": options}


# Cleared as a whole, which needs `flushdb`: in a database of its own.
settings.configure(CACHES={"default": cache_at(0), "cleared": cache_at(1)})
django.setup()

from django.core.cache import caches  # noqa: E402: needs the settings

cache = caches["default"]


def locked():
    with cache.lock(f"lock:{me}", timeout=5, blocking_timeout=5):
        return True


end_at_sigterm()
number = 0
while is_running():
    until("set", lambda: cache.set(f"{me}:{number % 50}", number, timeout=60))
    until("get", lambda: cache.get(f"{me}:{number % 50}"))
    until("iter_keys", lambda: list(cache.iter_keys(f"{me}:*")))
    until("lock", locked)
    if number % 10 == 0:
        until("clear", caches["cleared"].clear)
    number += 1
    time.sleep(0.05)
report(summary=f"{number} rounds")
