"""Who may do what: a tenancy's policies, and the decision on each request.

A function belongs to the dynamic groups whose rules match it, and may do what a statement allows one of them,
or any user. A person is an administrator unless the policy knows their groups. What is refused is answered
as if it were not there; the emulator's log alone says which permission was missing. Search refuses nobody and
shows what its caller may list.

Statements are read once. What does not depend on the target is decided once for a principal and an operation,
the rest once for each target, until a compartment may have moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from emulator.iam.calls import Call, Target, read_call, target_of, targets_of
from emulator.iam.conditions import Condition
from emulator.iam.permissions import Case, Permission, cases_of, listing_of
from emulator.iam.places import Places
from emulator.iam.statements import Statement
from emulator.sdk.types import searchable_types
from emulator.tenancy.values import Resource
from emulator.wire import Principal, Request, ServiceError, not_found

#: How the reason of every refusal begins in the emulator's log.
NOT_PERMITTED = "not permitted: "
_INVOKE = "functions.FunctionsInvokeClient.invoke_function"
_LOOK_UP = "functions.FunctionsManagementClient.get_function"
_MAX_REMEMBERED = 100_000


class NotPermittedError(ServiceError):
    """404, OCI's answer to a missing permission; `reason` is for the emulator's log."""

    def __init__(self, reason: str, answer: ServiceError) -> None:
        super().__init__(answer.status, answer.code, answer.message)
        self.reason = NOT_PERMITTED + reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All statements of a tenancy, and who is in which group.

    `dynamic_groups` are matching rules by name in lower case. `persons` are the groups (in lower case) of
    those users, by OCID, who are no administrators.
    """

    statements: tuple[Statement, ...] = ()
    dynamic_groups: Mapping[str, Condition] = field(default_factory=dict)
    persons: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Access:
    """The decisions under one policy; every method may be called from any thread."""

    def __init__(self, policy: Policy, places: Places) -> None:
        self._policy = policy
        self._places = places
        variables = (statement.variables for statement in policy.statements)
        self._wanted: frozenset[str] = frozenset().union(*variables)
        self._granted: dict[str, tuple[Statement, ...]] = {}
        # By principal and operation: whether it is allowed whatever it is about.
        self._anywhere: dict[tuple[str, str], bool] = {}
        self._sees_all: dict[str, bool] = {}
        self._somewhere: dict[tuple[str, str, str | None, Target], str | None] = {}
        self._version = places.version

    def require(self, request: Request, principal: Principal) -> None:
        """Let a request pass. Raises NotPermittedError."""
        if self._is_administrator(principal):
            return
        call = read_call(request)
        if call is None:
            raise NotPermittedError("an unknown operation is for administrators", _answer(request))
        missing = self._missing(call, principal)
        if missing is not None:
            raise NotPermittedError(missing, _answer(request))

    def require_invocation(self, principal: Principal, function_id: str) -> None:
        """Let a service of Oracle's look up and invoke a function in a principal's name.

        Raises NotPermittedError.
        """
        for operation in (_LOOK_UP, _INVOKE):
            call = Call(operation, cases_of(operation, is_read=False), {"functionId": function_id})
            missing = self._missing(call, principal)
            if missing is not None:
                raise NotPermittedError(missing, not_found())

    def allows(self, principal: Principal, case: Case, target: Target, *, operation: str = "") -> bool:
        """Whether a principal has what a case of an operation needs, for a target."""
        return self._lacking(principal, operation, case, target) is None

    def sight(self, principal: Principal) -> Callable[[Resource], bool] | None:
        """Which resources Search shows to a principal; None: all."""
        if self._is_administrator(principal):
            return None
        sees_all = self._sees_all.get(principal.ocid)
        if sees_all is None:
            names = {*searchable_types(), *self._places.tenancy.type_names}
            sees_all = all(self._is_allowed_anywhere(principal, *listing_of(name)) for name in names)
            self._sees_all[principal.ocid] = sees_all
        return None if sees_all else lambda resource: self._sees(principal, resource)

    def _is_administrator(self, principal: Principal) -> bool:
        return principal.kind == "user" and principal.ocid not in self._policy.persons

    def _sees(self, principal: Principal, resource: Resource) -> bool:
        operation, cases = listing_of(resource.resource_type)
        compartment_id, variables = resource.compartment_id, {}
        match resource.resource_type:
            case "Bucket":
                variables = {"target.bucket.name": resource.display_name or ""}
            case "FunctionsFunction":
                variables = {"target.function.id": resource.ocid or ""}
            case "Compartment":
                compartment_id = resource.ocid or compartment_id
        target = target_of(compartment_id, variables, self._places, self._wanted)
        return self._remembered(principal, operation, cases[-1], target) is None

    def _missing(self, call: Call, principal: Principal) -> str | None:
        """What a call lacks, None if nothing."""
        if call.cases is None:
            return f"{call.operation} is for administrators"
        if self._is_allowed_anywhere(principal, call.operation, call.cases):
            return None
        for target in targets_of(call, self._places, self._wanted):
            lacking = [self._remembered(principal, call.operation, case, target) for case in call.cases]
            if not any(lacking):
                continue
            if all(lacking) and len(lacking) == 1:
                return lacking[0]
            # Only now does it matter which case it is: that may have to be looked up.
            found = lacking[call.cases.index(call.case(self._places))]
            if found is not None:
                return found
        return None

    def _is_allowed_anywhere(self, principal: Principal, operation: str, cases: Sequence[Case]) -> bool:
        """Whether a principal may do it, whatever the case and the target are."""
        key = (principal.ocid, operation)
        known = self._anywhere.get(key)
        if known is None:
            known = all(self._lacking(principal, operation, case, None) is None for case in cases)
            self._anywhere[key] = known
        return known

    def _remembered(self, principal: Principal, operation: str, case: Case, target: Target) -> str | None:
        if self._version != self._places.version or len(self._somewhere) > _MAX_REMEMBERED:
            self._version = self._places.version
            self._somewhere = {}
        key = (principal.ocid, operation, case.when, target)
        somewhere = self._somewhere
        if key not in somewhere:
            somewhere[key] = self._lacking(principal, operation, case, target)
        return somewhere[key]

    def _lacking(self, principal: Principal, operation: str, case: Case, target: Target | None) -> str | None:
        """The first choice of permissions of which a principal has none; without a target, whatever it is."""
        for choice in case.permissions:
            if not any(self._has(principal, operation, permission, target) for permission in choice):
                names = " or ".join(permission.name for permission in choice)
                about = ", ".join(f"{name} = {value}" for name, value in target.variables) if target else ""
                return f"{names} for {operation} ({about})" if about else f"{names} for {operation}"
        return None

    def _has(
        self, principal: Principal, operation: str, permission: Permission, target: Target | None
    ) -> bool:
        values = {
            "request.operation": "".join(part.title() for part in operation.rpartition(".")[2].split("_")),
            "request.permission": permission.name,
            "request.principal.compartment.id": principal.compartment_id,
            "request.principal.id": principal.ocid,
            "request.principal.type": _type_of(principal),
        }
        if target is not None:
            values |= target.variables
        for statement in self._statements_for(principal):
            if not statement.covers(permission) or not self._is_there(statement, target):
                continue
            condition = statement.condition
            if condition is None or condition.outcome(values, is_open=target is None):
                return True
        return False

    def _is_there(self, statement: Statement, target: Target | None) -> bool:
        scope = statement.compartment_id
        if statement.compartment is not None:
            scope = self._places.named(statement.compartment)
        elif scope is None:
            return True
        if scope is None:
            return False
        if target is None:
            return scope == self._places.tenancy.tenancy_id
        return self._places.lies_in(target.compartment_id, scope)

    def _statements_for(self, principal: Principal) -> tuple[Statement, ...]:
        found = self._granted.get(principal.ocid)
        if found is None:
            groups = self._groups_of(principal)
            found = tuple(
                statement
                for statement in self._policy.statements
                if statement.subject_kind == "any-user"
                or any((statement.subject_kind, subject) in groups for subject in statement.subjects)
            )
            self._granted[principal.ocid] = found
        return found

    def _groups_of(self, principal: Principal) -> set[tuple[str, str]]:
        if principal.kind == "service":
            return {("service", principal.ocid.lower())}
        if principal.kind == "user":
            return {("group", name) for name in self._policy.persons.get(principal.ocid, ())}
        values = {
            "resource.id": principal.ocid,
            "resource.type": _type_of(principal),
            "resource.compartment.id": principal.compartment_id,
        }
        return {
            ("dynamic-group", name)
            for name, rule in self._policy.dynamic_groups.items()
            if rule.outcome(values, is_open=False)
        }


def _type_of(principal: Principal) -> str:
    """The kind in the principal's OCID, which is how Oracle's pages have it: `fnfunc`, `user`."""
    return principal.ocid.split(".")[1] if principal.ocid.startswith("ocid1.") else principal.kind


def _answer(request: Request) -> ServiceError:
    """What OCI says: Object Storage has words of its own."""
    segments = request.segments()
    if request.service != "objectstorage" or len(segments) < 4:
        return not_found()
    return ServiceError(
        404,
        "BucketNotFound",
        f"Either the bucket named '{segments[3]}' does not exist in the namespace '{segments[1]}' "
        "or you are not authorized to access it",
    )
