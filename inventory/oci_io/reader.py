"""Read calls for a resource's details, to any service that the SDK knows."""

from __future__ import annotations

from typing import Any

from inventory.errors import InvalidCatalog, RequestRefused
from inventory.model.read_call import ReadCall
from inventory.oci_io.answers import object_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey

_READING = ("get_", "list_")


class OciResourceReader:
    """Makes read calls by the SDK's names; safe to use from several threads."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, call: ReadCall) -> dict[str, Any]:
        """The answer's JSON object as the service sent it.

        Raises RetryLater after bounded retries; RecordGap, also where the SDK itself refuses an argument (an
        empty id, an endpoint that is none); InvalidCatalog for a call that the SDK doesn't have or that
        would do more than read.
        """
        if not call.operation.startswith(_READING):
            raise InvalidCatalog(f"{call.operation} is not a read operation")
        key = ClientKey(service=call.service, client=call.client, region=call.region, endpoint=call.endpoint)
        try:
            return self._caller.call(key, call.operation, call.arguments, accept=object_of)
        except ValueError as error:
            raise RequestRefused(
                f"{call.operation} in {call.region}: {error}", operation=call.operation, region=call.region
            ) from error
