"""RQ: `python3 rq_jobs.py` sends jobs, `python3 rq_jobs.py worker` runs them."""

import sys
import time

from redis.sentinel import Sentinel
from rq import Queue, Worker

from asking import AskingConnection, patience
from report import bounds, connection as c, end_at_sigterm, failed, is_running, me, report, sentinel_kwargs, sentinels


def master():
    sentinel = Sentinel(
        sentinels,
        sentinel_kwargs=sentinel_kwargs,
        username=c["username"],
        password=c["password"],
        **bounds,
    )
    # A worker ends at the first error that its connection lets through.
    return sentinel.master_for(c["name"], connection_class=AskingConnection, retry=patience())


def run(number):
    report(ran=number)


def send():
    end_at_sigterm()
    queue = Queue("rq-jobs", connection=master())
    index = 0
    while is_running():
        number = f"{me}-{index}"
        while True:
            try:
                queue.enqueue("rq_jobs.run", number, result_ttl=60)
                break
            except Exception as error:  # noqa: BLE001: the test judges which ones may be
                report(again=number)
                failed("send", error)
                time.sleep(0.05)
        report(done="send", added=number)
        index += 1
        # RQ starts a process for each job: a busy machine does few a second.
        time.sleep(0.5)


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        Worker(["rq-jobs"], connection=master()).work()
    else:
        send()
