"""Celery with the sentinel transport: `python3 celery_jobs.py` sends jobs, `celery -A celery_jobs worker` runs them."""

import time
from urllib.parse import quote

from celery import Celery
from kombu.transport.redis import SentinelChannel

from asking import AskingConnection, patience
from report import bounds, connection as c, end_at_sigterm, failed, is_running, me, report, sentinel_kwargs, sentinels

user = f"{quote(c['username'], safe='')}:{quote(c['password'], safe='')}"
broker = ";".join(f"sentinel://{user}@{host}:{port}/0" for host, port in sentinels)


class NotingQoS(SentinelChannel.QoS):
    """Notes again what a lost connection may have kept from the server.

    A worker takes a message from its queue with one command, and notes with the next one that it has it: without that
    note the message is lost. One whose end is not noted is run again.
    """

    def append(self, message, delivery_tag):
        patience().call_with_retry(lambda: super(NotingQoS, self).append(message, delivery_tag), lambda _: None)

    def ack(self, delivery_tag):
        patience().call_with_retry(lambda: super(NotingQoS, self).ack(delivery_tag), lambda _: None)


# By itself, a worker that gives messages back at the end of a master may try that there for ever.
SentinelChannel.connection_class = AskingConnection
SentinelChannel.QoS = NotingQoS

transport = {
    "master_name": c["name"],
    "sentinel_kwargs": sentinel_kwargs,
    **bounds,
    # A connection that is dead without having been closed is found out after twice that.
    "health_check_interval": 3,
}
app = Celery("jobs", broker=broker, backend=broker)
app.conf.update(
    broker_transport_options=transport,
    result_backend_transport_options=transport,
    redis_socket_connect_timeout=bounds["socket_connect_timeout"],
    redis_socket_timeout=bounds["socket_timeout"],
    redis_backend_health_check_interval=3,
    # For ever, also at the start: by default the first connection may fail a hundred times.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_prefetch_multiplier=1,
)


@app.task(name="run")
def run(number):
    report(ran=number)
    return number


def send():
    end_at_sigterm()
    index = 0
    while is_running():
        number = f"{me}-{index}"
        while True:
            try:
                run.delay(number)
                break
            except Exception as error:  # noqa: BLE001: the test judges which ones may be
                # It may have been sent: another one is another message.
                report(again=number)
                failed("send", error)
                time.sleep(0.05)
        report(done="send", added=number)
        index += 1
        time.sleep(0.1)


if __name__ == "__main__":
    send()
