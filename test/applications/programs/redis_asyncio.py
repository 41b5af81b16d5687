"""redis-py with asyncio: writes, reads, and a consumer that waits for a list."""

import asyncio

from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from report import bounds, connection as c, end_at_sigterm, failed, is_running, me, report, sentinels

options = {
    **bounds,
    # The library's own retries go to the address that they went to before: each attempt here asks anew.
    "retry": Retry(NoBackoff(), 0),
}
sentinel = Sentinel(
    sentinels,
    sentinel_kwargs={"username": c["sentinelUsername"], "password": c["sentinelPassword"], **options},
    username=c["username"],
    password=c["password"],
    **options,
)
master = sentinel.master_for(c["name"])
queue = f"asyncio:{me}"


async def until(what, command):
    while True:
        try:
            result = await command()
            report(done=what)
            return result
        except Exception as error:  # noqa: BLE001: the test judges which ones may be
            failed(what, error)
            await asyncio.sleep(0.05)


async def produce():
    number = 0
    while is_running():
        await until("set", lambda: master.set(f"{queue}:last", number))
        await until("push", lambda: master.lpush(queue, number))
        number += 1
        await asyncio.sleep(0.05)


async def consume():
    while is_running():
        await until("pop", lambda: master.brpop([queue], timeout=1))


async def main():
    await asyncio.gather(produce(), consume())
    await master.aclose()


end_at_sigterm()
asyncio.run(main())
