"""A small web service that keeps its items in Redis, and goes on serving while the master's role moves.

GET /            which node is the master, how long a PING takes in milliseconds
GET /items/NAME  the item, or 404
PUT /items/NAME  stores the body
GET /healthz     200 while Redis answers
"""

import json
import os
import re
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel

# Longer than a failover takes; a request that has waited so long is answered with 503.
PATIENCE_S = 15
PAUSE_S = 0.1


class TranslatingSentinel(Sentinel):
    """Outside the Docker network the members have other addresses than those that Sentinels answer with."""

    translated: dict = {}

    def discover_master(self, service_name):
        return self._reached(super().discover_master(service_name))

    def discover_slaves(self, service_name):
        return [self._reached(address) for address in super().discover_slaves(service_name)]

    def _reached(self, address):
        reached = self.translated.get(f"{address[0]}:{address[1]}")
        return (reached["host"], int(reached["port"])) if reached else address


with open(os.environ["REDIS_FILE"], encoding="utf-8") as file:
    facts = json.load(file)
common = {
    "username": facts["username"],
    "password": facts["password"],
    "socket_timeout": 2,
    # The address of a node that is gone does not answer at all; the library's own bound is 5 s.
    "socket_connect_timeout": 0.5,
    # The library's own retries go to the address that they went to before, and never ask the Sentinels again.
    "retry": Retry(NoBackoff(), 0),
}
if facts["ca"]:
    common |= {"ssl": True, "ssl_ca_data": facts["ca"]}
sentinel = TranslatingSentinel([tuple(address) for address in facts["sentinels"]], sentinel_kwargs=common, **common)
sentinel.translated = facts["translated"]
redis = sentinel.master_for(facts["master_name"])


def patiently(command):
    """Tries until a master answers; commands that may not run twice need more care than these."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return command()
        except (ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)


def short(error):
    """What callers are told of an error: behind ` : ` the library describes its own clients, by the page."""
    first = re.split(r"\n| : ", str(error), maxsplit=1)[0]
    return f"{type(error).__name__}: {first}"[:200]


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(self.look)

    def do_PUT(self):
        self.answer(self.store)

    def answer(self, action):
        try:
            self.send(*action())
        except RedisError as error:
            self.send(503, {"error": short(error)})

    def item(self):
        found = re.fullmatch(r"/items/([\w.-]{1,100})", self.path)
        return found and found[1]

    def store(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        name = self.item()
        if not name:
            return 404, {"error": "PUT /items/NAME"}
        patiently(lambda: redis.set(f"item:{name}", body))
        return 200, {"stored": name}

    def look(self):
        name = self.item()
        if name:
            value = patiently(lambda: redis.get(f"item:{name}"))
            return (404, {"error": f"no item {name}"}) if value is None else (200, {"value": value.decode(errors="replace")})
        if self.path not in ("/", "/healthz"):
            return 404, {"error": "GET /, GET /items/NAME, PUT /items/NAME, GET /healthz"}
        started = time.perf_counter()
        patiently(redis.ping)
        latency = round((time.perf_counter() - started) * 1000, 2)
        host, port = patiently(lambda: sentinel.discover_master(facts["master_name"]))
        return 200, {"master": f"{host}:{port}", "latencyMs": latency}

    def send(self, status, body):
        text = f"{json.dumps(body)}\n".encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """One line for each request would be all that a log shows."""


server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Service)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
