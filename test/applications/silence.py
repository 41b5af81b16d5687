"""Holds the addresses of a container that is gone: connecting to them gets no answer at all, as on a Docker network.

    python3 silence.py HOST PORT

A bare process's port would be refused at once. This listens with a queue of one place and fills it, so that the
kernel drops whatever else asks. It takes the port as soon as it is free, and says so with a line.
"""

import signal
import socket
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
address = (sys.argv[1], int(sys.argv[2]))
while True:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(0)
        break
    except OSError:
        listener.close()
        time.sleep(0.002)
waiting = []
for _ in range(4):
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(address)
    waiting.append(client)
print("silent", flush=True)
signal.pause()
