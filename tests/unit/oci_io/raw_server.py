"""A server on loopback that says exactly the bytes it is told to, for what no well-behaved server does."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

RESET = b"<reset>"
"""Instead of bytes: read the request and reset the connection."""

HANG = b"<hang>"
"""Instead of bytes: read the request and say nothing until the client goes away."""

_TICK_SECONDS = 0.02


@contextlib.contextmanager
def raw_server(*answers: bytes) -> Iterator[str]:
    """Answers one request per connection, the last answer again and again; gives the endpoint template."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_TICK_SECONDS)
        stopped = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, list(answers), stopped))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/{{service}}/{{region}}"
        finally:
            stopped.set()
            thread.join()


def http_answer(body: bytes, *headers: str, status: str = "200 OK", announced: int | None = None) -> bytes:
    """An HTTP answer whose content-length may lie."""
    length = len(body) if announced is None else announced
    head = [f"HTTP/1.1 {status}", "connection: close", f"content-length: {length}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def _serve(listener: socket.socket, answers: list[bytes], stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            _read_request(connection)
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif answer == HANG:
                connection.recv(1)
            else:
                connection.sendall(answer)


def _read_request(connection: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while lengths and len(body) < lengths[0]:
        body += connection.recv(65536)
