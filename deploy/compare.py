"""How a function differs from what it is to be, and the details that make it so.

The code is compared by a tag that holds its hash: the service tells a hash of its own, but not of what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import oci

from deploy.archive import Archive
from deploy.wanted import Wanted
from tools.package.archive import HANDLER

ARCHIVE_TAG = "archive_sha256"
ABSENT = "(none)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a function, as it is and as it is to be."""

    field: str
    before: object
    after: object

    def __str__(self) -> str:
        return f"{self.field}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A function as it is to be, complete: `config` has the OCIDs of those that it invokes."""

    wanted: Wanted
    config: Mapping[str, str]
    archive: Archive
    runtime: str

    def differences(self, function: Any) -> list[Difference]:
        """How an existing `Function` of the SDK differs; empty where it is as it is to be.

        Tags that it has beside ours are nobody's business: a tenancy's tag defaults add some.
        """
        return [each for each in self._compared(function) if each.before != each.after]

    def changes_code(self, function: Any) -> bool:
        """Whether code, handler or runtime differ."""
        return any(each.before != each.after for each in self._compared_code(function))

    def fields(self, function: Any = None) -> dict[str, Any]:
        """What `CreateFunctionDetails` and `UpdateFunctionDetails` have in common, without the source.

        `function` is the existing one, whose other tags stay.
        """
        models = oci.functions.models
        kept = _tags(function)
        return {
            "memory_in_mbs": self.wanted.memory_in_mbs,
            "timeout_in_seconds": self.wanted.timeout_in_seconds,
            "detached_mode_timeout_in_seconds": self.wanted.detached_timeout_in_seconds,
            "config": dict(self.config),
            "failure_destination": models.NotificationFailureDestinationDetails(
                topic_id=self.wanted.topic_id
            ),
            "trace_config": models.FunctionTraceConfig(is_enabled=self.wanted.tracing_enabled),
            "freeform_tags": {**kept[0], **self._freeform_tags()},
            "defined_tags": {
                **kept[1],
                **{
                    space: {**kept[1].get(space, {}), **tags}
                    for space, tags in self.wanted.defined_tags.items()
                },
            },
        }

    def _freeform_tags(self) -> dict[str, str]:
        return {**self.wanted.freeform_tags, ARCHIVE_TAG: self.archive.sha256}

    def _compared(self, function: Any) -> Iterator[Difference]:
        wanted = self.wanted
        yield from self._compared_code(function)
        for field, after in (
            ("memory_in_mbs", wanted.memory_in_mbs),
            ("timeout_in_seconds", wanted.timeout_in_seconds),
            ("detached_mode_timeout_in_seconds", wanted.detached_timeout_in_seconds),
        ):
            yield Difference(field=field, before=getattr(function, field), after=after)
        before = function.config or {}
        for key in sorted({*before, *self.config}):
            yield Difference(
                field=f"config {key}",
                before=before.get(key, ABSENT),
                after=self.config.get(key, ABSENT),
            )
        yield Difference(
            field="failure_destination",
            before=getattr(function.failure_destination, "topic_id", ABSENT),
            after=wanted.topic_id,
        )
        yield Difference(
            field="tracing",
            before=bool(function.trace_config and function.trace_config.is_enabled),
            after=wanted.tracing_enabled,
        )
        freeform, defined = _tags(function)
        for key, text in wanted.freeform_tags.items():
            yield Difference(field=f"tag {key}", before=freeform.get(key, ABSENT), after=text)
        for space, tags in wanted.defined_tags.items():
            for key, text in tags.items():
                before_text = defined.get(space, {}).get(key, ABSENT)
                yield Difference(field=f"tag {space}.{key}", before=before_text, after=text)

    def _compared_code(self, function: Any) -> Iterator[Difference]:
        source = function.source_details
        runtime = getattr(source, "runtime_config", None)
        yield Difference(
            field="code", before=_tags(function)[0].get(ARCHIVE_TAG, ABSENT), after=self.archive.sha256
        )
        yield Difference(field="handler", before=getattr(source, "handler", ABSENT), after=HANDLER)
        yield Difference(
            field="runtime",
            before=getattr(runtime, "functions_runtime_name", ABSENT),
            after=self.runtime,
        )


def _tags(function: Any) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Freeform and defined tags of a function that may not be there."""
    if function is None:
        return {}, {}
    return dict(function.freeform_tags or {}), dict(function.defined_tags or {})
