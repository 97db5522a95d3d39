"""A service with a second one behind it, for what the first does not know.

Functions, topics and buckets are of two kinds: those that work, which their services own, and those that the
tenancy was generated with, which can only be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from emulator.wire import Principal, Request, Response, Service, ServiceError

#: What can be read of generated resources at the labels of services that work.
READABLE_PATHS: Mapping[str, str] = {
    "functions": r"/\d{8}/(applications|functions)(/[^/]+)?",
    "notification": r"/\d{8}/(topics|subscriptions)(/[^/]+)?",
    "objectstorage": r"/n/[^/]+/b/?",
}


class WithSecond:
    """Asks `second` where `first` answers 404 to a GET of one of `paths`, a regular expression."""

    def __init__(self, first: Service, second: Service, *, paths: str) -> None:
        self._first = first
        self._second = second
        self._paths = re.compile(paths)

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer by the first that knows. Raises: what the first does, where neither knows."""
        try:
            return self._first.handle(request, principal)
        except ServiceError as error:
            if error.status != 404 or request.method != "GET" or not self._paths.fullmatch(request.path):
                raise
            try:
                return self._second.handle(request, principal)
            except ServiceError as other:
                raise (error if other.status == 404 else other) from None
