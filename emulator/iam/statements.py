"""Policy statements: who is allowed what, where, and under which condition.

`Allow dynamic-group|group|service|any-user <name(s)> to <verb> <resource-type> | {PERMISSIONS}
in tenancy | compartment <name> | compartment id <ocid> [where <condition>]`.
Decides what a statement says, by itself; keywords have any case. Left out are statements across tenancies
(define, endorse, admit) and deny: they raise. Source: Oracle's pages on policy syntax and verbs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from emulator.iam.conditions import Condition, Reader, read_condition, variables_of
from emulator.iam.permissions import VERBS, Permission, is_resource_type

SUBJECTS = ("dynamic-group", "group", "service", "any-user")
#: What a condition may ask of a request itself. Oracle has more, such as its time and its network.
REQUEST_VARIABLES = (
    "request.operation",
    "request.permission",
    "request.principal.compartment.id",
    "request.principal.id",
    "request.principal.type",
)
#: What a condition may ask of what a request is about.
TARGET_VARIABLES = (
    "target.app.id",
    "target.bucket.name",
    "target.compartment.id",
    "target.function.id",
    "target.key.id",
    "target.metrics.namespace",
    "target.object.name",
    "target.secret.id",
)


@dataclass(frozen=True)
class Statement:
    """One statement; `text` is what it was read from.

    `subjects` are names in lower case, or OCIDs; none with `any-user`. Either `verb` and `resource_type` are
    set or `permissions` are. `compartment` is a name (`A:B` is B in A), `compartment_id` an OCID; without
    either it holds in the whole tenancy.
    """

    text: str
    subject_kind: str
    subjects: frozenset[str]
    verb: str | None
    resource_type: str | None
    permissions: frozenset[str]
    compartment: str | None
    compartment_id: str | None
    condition: Condition | None = field(repr=False)

    def covers(self, permission: Permission) -> bool:
        """Whether the statement grants this permission anywhere at all."""
        if self.verb is None:
            return permission.name in self.permissions
        if permission.verb is None or VERBS.index(permission.verb) > VERBS.index(self.verb):
            return False
        return self.resource_type in ("all-resources", permission.resource_type, permission.family)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The variables that its condition names."""
        return variables_of(self.condition)


def parse_statement(text: str) -> Statement:
    """Read a statement. Raises PolicySyntaxError, which names the statement and the place in it."""
    reader = Reader(text, kind="policy statement")
    reader.take("allow")
    subject_kind, subjects = _subjects(reader)
    reader.take("to")
    verb = resource_type = None
    permissions: frozenset[str] = frozenset()
    if reader.take_if("{"):
        permissions = _permissions(reader)
    else:
        verb = reader.take(*VERBS).lower()
        resource_type = reader.take().lower()
        if not is_resource_type(resource_type):
            reader.fail(f"there is no resource type {resource_type!r}", back=1)
    reader.take("in")
    compartment, compartment_id = _location(reader)
    condition = None
    if reader.take_if("where"):
        condition = read_condition(reader, (*REQUEST_VARIABLES, *TARGET_VARIABLES))
    reader.end()
    return Statement(
        text=text,
        subject_kind=subject_kind,
        subjects=subjects,
        verb=verb,
        resource_type=resource_type,
        permissions=permissions,
        compartment=compartment,
        compartment_id=compartment_id,
        condition=condition,
    )


def _subjects(reader: Reader) -> tuple[str, frozenset[str]]:
    kind = reader.take(*SUBJECTS).lower()
    if kind == "any-user":
        return kind, frozenset()
    found = set()
    while True:
        reader.take_if("id")
        found.add(reader.name().lower())
        if not reader.take_if(","):
            return kind, frozenset(found)


def _permissions(reader: Reader) -> frozenset[str]:
    found = {reader.name().upper()}
    while reader.take(",", "}") == ",":
        found.add(reader.name().upper())
    return frozenset(found)


def _location(reader: Reader) -> tuple[str | None, str | None]:
    if reader.take("tenancy", "compartment").lower() == "tenancy":
        return None, None
    if reader.take_if("id"):
        return None, reader.name().lower()
    return reader.name().lower(), None
