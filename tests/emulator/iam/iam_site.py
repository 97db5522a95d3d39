"""A small tenancy with two functions and a bucket, and requests to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from emulator.functions import Application, Function
from emulator.iam import Access, Places, Policy
from emulator.iam.conditions import parse_rule
from emulator.iam.statements import parse_statement
from emulator.tenancy import Tenancy
from emulator.wire import Principal, Request, not_found

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OWN = "ocid1.fnfunc.oc1.iad.own"
OTHER = "ocid1.fnfunc.oc1.iad.other"
BUCKET = "inventory"


@dataclass
class Site:
    """Where everything is; `objects` are those of the bucket, which lies in `inner`, as do the functions.

    `inner` is a compartment in `outer`, `aside` is another one.
    """

    tenancy: Tenancy
    outer: str
    inner: str
    aside: str
    objects: set[str] = field(default_factory=set)

    def compartment_of(self, bucket: str, region: str) -> str | None:
        return self.inner if (bucket, region) == (BUCKET, self.tenancy.home_region) else None

    def has_object(self, bucket: str, name: str) -> bool:
        return bucket == BUCKET and name in self.objects

    def function(self, function_id: str) -> Function:
        if function_id not in (OWN, OTHER):
            raise not_found()
        application = Application(
            ocid=f"ocid1.fnapp.oc1.iad.of-{function_id[-5:]}",
            display_name="app",
            compartment_id=self.inner,
            region=self.tenancy.home_region,
            config={},
            time_created=NOW,
        )
        return Function(
            ocid=function_id,
            display_name="function",
            application=application,
            source_dir=Path(),
            config={},
            memory_in_mbs=128,
            timeout_seconds=30,
            detached_timeout_seconds=30,
            invoke_endpoint="https://functions",
            time_created=NOW,
        )

    def access(self, *statements: str, rule: str = f"resource.id = '{OWN}'", **persons: str) -> Access:
        """Decisions under these statements; the rule is that of the group `g`, `persons` have one group."""
        policy = Policy(
            statements=tuple(parse_statement(text) for text in statements),
            dynamic_groups={"g": parse_rule(rule)},
            persons={name: frozenset((group,)) for name, group in persons.items()},
        )
        return Access(policy, Places(self.tenancy, buckets=self, functions=self))

    def request(self, service: str, call: str, *, body: bytes = b"", **query: str) -> Request:
        """A request by its method and path."""
        method, path = call.split()
        return Request(
            service=service,
            region=self.tenancy.home_region,
            method=method,
            path=path,
            target=path,
            query={name: [value] for name, value in query.items()},
            body=body,
        )

    def function_principal(self, ocid: str = OWN) -> Principal:
        return Principal(
            kind="resource", ocid=ocid, tenancy_id=self.tenancy.tenancy_id, compartment_id=self.inner
        )

    def person(self, ocid: str = "ada") -> Principal:
        tenancy_id = self.tenancy.tenancy_id
        return Principal(kind="user", ocid=ocid, tenancy_id=tenancy_id, compartment_id=tenancy_id)
