"""The project's one error tree, split by what the caller should do.

    InventoryError
    |- RetryLater            the same call may succeed later
    |  |- Throttled              429
    |  |- ServerFault            5xx
    |  |  `- CircuitOpen             the client's circuit breaker lets nothing through for a while
    |  |- RequestTimeout         no answer in time
    |  |- ConnectionFailed       the network below the service failed
    |  |- CredentialsUnusable    the principal's token or key cannot be read just now
    |  `- MalformedAnswer        an answer that is not what it says (bad JSON, truncated body)
    |- RecordGap             record what could not be seen, and go on
    |  |- NotAuthorizedOrNotFound    404 (OCI does not tell the two apart), 403
    |  |- NotAuthenticated           401: the signature was not accepted
    |  |- GoneSinceDiscovery         Search showed it, and its service does not know it any more
    |  |- RequestRefused             any other 4xx
    |  `- PageTokenExpired           a search's page token is no longer known
    |- StopRun               this run cannot produce a result
    |  |- InvalidSettings
    |  |- InvalidTrigger
    |  |- InvalidDocument            a stored document or file is not what it should be
    |  |- InvalidCatalog
    |  `- ArtifactConflict           a create-once object exists with other content
    |- LostOwnership         somebody else owns this now: stop writing
    |- ObjectNotFound        the store has no such object; each caller knows what that means
    `- DeadlineNear          commit and hand over before the platform kills this call

Whatever is raised outside this tree is a bug.
"""

from __future__ import annotations


class InventoryError(Exception):
    """The root of every error that this project raises on purpose.

    `operation` and `region` say what was being done where, `request_id` is OCI's `opc-request-id`;
    they are for logs and never part of a stored record. `status` and `code` are the service's own words.
    """

    #: The failure's class as it stands in records and reports.
    reason = "internalError"

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        region: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        code: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.region = region
        self.request_id = request_id
        self.status = status
        self.code = code
        self.retry_after_seconds = retry_after_seconds

    def summary(self) -> str:
        """The failure as a class with status and code: stable between runs, free of ids and messages."""
        words = [str(self.status)] if self.status is not None else []
        if self.code:
            words.append(self.code)
        return f"{self.reason} ({' '.join(words)})" if words else self.reason


class RetryLater(InventoryError):
    """The same call may succeed later."""


class Throttled(RetryLater):
    """The service asks for fewer calls (429)."""

    reason = "throttled"


class ServerFault(RetryLater):
    """The service failed (5xx)."""

    reason = "serverError"


class CircuitOpen(ServerFault):
    """The client has failed so often in a row that its circuit breaker lets nothing through for a while."""


class RequestTimeout(RetryLater):
    """No answer in time."""

    reason = "timeout"


class ConnectionFailed(RetryLater):
    """The connection could not be made, or broke."""

    reason = "connectionFailed"


class CredentialsUnusable(RetryLater):
    """The token or key that signs our requests cannot be used: perhaps its file is just being written."""

    reason = "credentialsUnusable"


class MalformedAnswer(RetryLater):
    """The answer is not what it says: bad JSON, a truncated body, a failed checksum."""

    reason = "malformed"


class RecordGap(InventoryError):
    """Something could not be seen and will not be by asking again."""


class NotAuthorizedOrNotFound(RecordGap):
    """Not there, or not ours to see; OCI answers 404 for both (403 is treated alike)."""

    reason = "notAuthorizedOrNotFound"


class NotAuthenticated(RecordGap):
    """The signature was not accepted (401): soon over if the credentials were just renewed, and no missing
    grant."""

    reason = "notAuthenticated"


class GoneSinceDiscovery(RecordGap):
    """Search showed a resource that its service does not know, or shows it as deleted itself."""

    reason = "goneSinceDiscovery"


class RequestRefused(RecordGap):
    """The service refuses the request as it is (any other 4xx)."""

    reason = "requestRefused"


class PageTokenExpired(RecordGap):
    """A list or search cannot go on from its page token."""

    reason = "pageTokenExpired"


class StopRun(InventoryError):
    """This run cannot produce a result."""


class InvalidSettings(StopRun):
    """The function's configuration is wrong; the message names every field, value and what is allowed."""

    reason = "invalidSettings"


class InvalidTrigger(StopRun):
    """The request that woke a function is wrong; the message names field, value and what is allowed."""

    reason = "invalidTrigger"


class InvalidDocument(StopRun):
    """A stored document or file is not what its name says."""

    reason = "invalidDocument"


class InvalidCatalog(StopRun):
    """The catalog of resource types contradicts itself or the installed SDK."""

    reason = "invalidCatalog"


class ArtifactConflict(StopRun):
    """A create-once object exists with other content than the same input must give."""

    reason = "artifactConflict"


class LostOwnership(InventoryError):
    """A fence was lost: somebody else owns the document, and this call must write nothing more."""

    reason = "lostOwnership"


class ObjectNotFound(InventoryError):
    """The store has no object of this name."""

    reason = "objectNotFound"


class DeadlineNear(InventoryError):
    """The call's deadline is too near to start the next piece of work."""

    reason = "deadlineNear"
