"""What carries a request below the SDK's clients: the session, the connections, each request's id.

The SDK prepares and signs a request and reads its answer; how it gets there is requests' own way, except for
what requests finds out anew for every request (proxies and certificates from the environment, settings to
merge, cookies, the pool of a host), which takes as much of the processor as the signature does. That is found
out once for a host.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from typing import Any

import oci

# The SDK's own copy of requests, whose errors its clients know.
_BaseSession: Any = oci.base_client.requests.Session
_PreparedRequest: Any = oci.base_client.requests.PreparedRequest
_CookieJar: Any = oci.base_client.requests.cookies.RequestsCookieJar

_LARGE_BODY_BYTES = 256 * 1024


class RequestIds(threading.local):
    """The calling thread's latest `opc-request-id`: OCI's if an answer came, else the one that was sent."""

    latest: str | None = None


class Session(_BaseSession):  # type: ignore[misc]  # the SDK has no types
    """A session that asks the environment once for each host, and neither keeps nor sends cookies."""

    # The SDK copies its session after some answers; what is not listed here would be lost.
    __attrs__ = [*_BaseSession.__attrs__, "_settings"]  # noqa: RUF012 - as in the class above

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._settings: dict[str, dict[str, Any]] = {}
        self.cookies = _NoCookies()
        self.mount("https://", transport)
        self.mount("http://", transport)

    def prepare_request(self, request: Any) -> Any:
        """The request with the session's headers, signed."""
        prepared = _PreparedRequest()
        prepared.prepare_method(request.method)
        prepared.prepare_url(request.url, request.params)
        prepared.prepare_headers({**self.headers, **request.headers})
        prepared._cookies = self.cookies
        prepared.prepare_body(request.data, request.files, request.json)
        prepared.prepare_auth(request.auth, request.url)
        return prepared

    def merge_environment_settings(
        self, url: str, proxies: Mapping[str, str], stream: bool | None, verify: Any, cert: Any
    ) -> dict[str, Any]:
        """Proxies and certificates for a host; the SDK leaves them to session and environment."""
        origin = _origin(url)
        settings = self._settings.get(origin)
        if settings is None:
            settings = super().merge_environment_settings(url, dict(proxies), stream, verify, cert)
            self._settings[origin] = settings
        return {**settings, "stream": stream}


class Transport(oci.base_client.OCIHTTPAdapter):  # type: ignore[misc]  # the SDK has no types
    """The SDK's transport with a larger pool, without `Expect`, and with a note of each request's id.

    The SDK sends object bodies with `Expect: 100-continue` and waits up to three seconds for the leave to go
    on where a server doesn't give it. Our bodies are small, and its switch is an environment variable for
    the whole process. The header is not among the signed ones.
    """

    def __init__(self, request_ids: RequestIds, *, pool_size: int) -> None:
        self._request_ids = request_ids
        self._pools: dict[str, Any] = {}
        super().__init__(pool_connections=pool_size, pool_maxsize=pool_size)

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        request.headers.pop("expect", None)
        if isinstance(request.body, bytes) and len(request.body) > _LARGE_BODY_BYTES:
            # The SDK's connection would join headers and body, and so hold a part of an upload twice.
            request.body = io.BytesIO(request.body)
        self._request_ids.latest = request.headers.get("opc-request-id")
        answer = super().send(request, *args, **options)
        self._request_ids.latest = answer.headers.get("opc-request-id", self._request_ids.latest)
        return answer

    def get_connection(self, url: str, proxies: Any = None) -> Any:
        """The pool of a host, with its certificates."""
        if proxies:
            return super().get_connection(url, proxies)
        origin = _origin(url)
        pool = self._pools.get(origin)
        # A closed one holds no connections any more: the SDK closes its session after some answers.
        if pool is None or pool.pool is None:
            pool = self._pools[origin] = super().get_connection(url)
        return pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Tell a pool its certificates, which stay what they are."""
        told = (verify, cert)
        if getattr(conn, "told_certificates", None) != told:
            super().cert_verify(conn, url, verify, cert)
            conn.told_certificates = told

    def request_url(self, request: Any, proxies: Any) -> Any:
        return super().request_url(request, proxies) if proxies else request.path_url

    def close(self) -> None:
        self._pools.clear()
        super().close()


class _NoCookies(_CookieJar):  # type: ignore[misc]  # the SDK has no types
    """A jar in which nothing stays: services know a caller by the signature."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        pass


def _origin(url: str) -> str:
    """`https://host:port` of a URL as requests prepared it."""
    return url[: url.find("/", len("https://"))]
