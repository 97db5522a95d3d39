"""The door on loopback: an HTTP/1.1 server for SDK clients in other processes.

Decides how bytes become a `Request` and how a `TransportFault` looks on a real socket. The path's first two
segments name the service and the region: an endpoint is `http://127.0.0.1:PORT/{service}/{region}`. What
starts with `/_emulator/` is for the emulator itself.
"""

from __future__ import annotations

import http
import logging
import socket
import socketserver
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

from emulator.app import Emulator
from emulator.control import PREFIX, Control
from emulator.faults import TransportFault
from emulator.wire import Request, Response

_log = logging.getLogger(__name__)


class HttpDoor:
    """A server for one emulator; a context manager, or `start` and `stop`.

    With `control` it also answers the emulator's own endpoint.
    """

    endpoint_template: str
    """`http://127.0.0.1:PORT/{service}/{region}`, literally with the placeholders; set once started."""

    def __init__(self, emulator: Emulator, *, port: int = 0, control: Control | None = None) -> None:
        self._emulator = emulator
        self._control = control
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen and serve; port 0 takes a free one."""
        self._server = _Server(("127.0.0.1", self._port), self._emulator, self._control)
        self.endpoint_template = f"http://127.0.0.1:{self._server.server_address[1]}/{{service}}/{{region}}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="emulator-door"
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, let running requests end, close every connection, join every thread."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.close_idle_connections()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> HttpDoor:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = False
    block_on_close = True

    def __init__(self, address: tuple[str, int], emulator: Emulator, control: Control | None) -> None:
        self.emulator = emulator
        self.control = control
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._connections_lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        assert isinstance(request, socket.socket)
        with self._connections_lock:
            self._connections.discard(request)
        # Without the half-close of the base class: it would announce an orderly end before a reset.
        request.close()

    def close_idle_connections(self) -> None:
        """End the reading sides: a handler that waits for a next request ends, a running one finishes."""
        with self._connections_lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RD)
                except OSError:
                    _log.debug("a client closed its connection first")

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        if isinstance(sys.exception(), ConnectionError):
            return
        _log.exception("a connection's handler failed")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def handle_expect_100(self) -> bool:
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Requests are logged by the application."""

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            return
        control = self.server.control
        if control is not None and self.path.startswith(PREFIX):
            self._send_own(control.handle(self._control_request(body)))
            return
        request = self._request(body)
        if request is None:
            error = {"code": "NotFound", "message": "A path begins with /{service}/{region}/."}
            self._send_own(Response.of_json(error, status=404))
            return
        try:
            self._send(self.server.emulator.handle(request))
        except TransportFault as fault:
            self._fail(fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _serve  # noqa: N815

    def _request(self, body: bytes) -> Request | None:
        raw_path, _, query = self.path.partition("?")
        parts = raw_path.split("/", 3)
        if len(parts) < 4:
            return None
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
        return Request(
            service=parts[1],
            region=parts[2],
            method=self.command,
            path=f"/{parts[3]}",
            target=self.path,
            query=parse_qs(query, keep_blank_values=True),
            headers=headers,
            body=body,
        )

    def _control_request(self, body: bytes) -> Request:
        path, _, query = self.path.removeprefix(PREFIX).partition("?")
        return Request(
            service="",
            region="",
            method=self.command,
            path=path.rstrip("/"),
            target=self.path,
            query=parse_qs(query, keep_blank_values=True),
            body=body,
        )

    def _read_body(self) -> bytes | None:
        """The request's body, or None where the client went away in the middle of it."""
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return self._read_chunks()
        length = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def _read_chunks(self) -> bytes | None:
        chunks: list[bytes] = []
        while True:
            size_line = self.rfile.readline().split(b";")[0].strip()
            if not size_line:
                return None
            size = int(size_line, 16)
            chunk = self.rfile.read(size)
            if len(chunk) != size:
                return None
            line_end = self.rfile.readline()
            if size == 0:
                while line_end.strip():
                    line_end = self.rfile.readline()
                return b"".join(chunks)
            chunks.append(chunk)

    def _send_own(self, response: Response) -> None:
        """Send what did not pass through the application."""
        response.headers["content-length"] = str(len(response.body))
        self._send(response)

    def _send(self, response: Response, *, body: bytes | None = None) -> None:
        try:
            reason = http.HTTPStatus(response.status).phrase
        except ValueError:
            reason = "Unknown"
        self.send_response_only(response.status, reason)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body if body is None else body)
        self.wfile.flush()

    def _fail(self, fault: TransportFault) -> None:
        self.close_connection = True
        if fault.kind == "reset":
            # Lingering for no time makes close() send RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault.kind == "truncate_body" and fault.response is not None:
            self._send(fault.response, body=fault.response.body[: len(fault.response.body) // 2])
