"""The cloud under the deployment's policies with every feature switched on, and those that they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from emulator.cloud import BUCKET, Cloud
from emulator.functions import Function
from emulator.iam import NotPermittedError
from emulator.iam.calls import Target
from emulator.iam.permissions import Case, known_permissions
from emulator.iam.product import EXTRAS, Role, policy_of, roles_of
from emulator.resource_scheduler import Schedule, function_resource
from emulator.wire import Principal, Request
from tests.e2e.acts import METRICS_NAMESPACE, Hands
from tests.e2e.bucket import PREFIX


class Ruled:
    """The cloud with every feature of the policies switched on, and everybody whom they name."""

    def __init__(self, cloud: Cloud, hands: Mapping[str, Hands]) -> None:
        self.cloud = cloud
        self.hands = hands
        self.schedule = self.make_schedule(cloud.deployment.controller)
        self.apply()

    def roles(self) -> dict[str, Role]:
        """All roles with all their statements."""
        cloud = self.cloud
        application = cloud.deployment.application
        everything = {
            "INVENTORY_METRICS_COMPARTMENT_ID": cloud.tenancy.tenancy_id,
            "INVENTORY_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "INVENTORY_EXECUTIVE_SUMMARY": "true",
            "INVENTORY_GENAI_COMPARTMENT_ID": cloud.tenancy.tenancy_id,
        }
        return roles_of(
            replace(
                cloud.deployment,
                application=replace(application, config={**application.config, **everything}),
            ),
            bucket_compartment_id=cloud.tenancy.tenancy_id,
            schedule_ids=[schedule.schedule_id for schedule in cloud.schedules.schedules()],
            extras=EXTRAS,
        )

    def apply(self, *, without: tuple[str, str] | None = None) -> None:
        """Let the policies decide, all of them or all but one role's statement that has these words."""
        roles = self.roles()
        if without is not None:
            role, words = without
            kept = tuple(text for text in roles[role].statements if f" to {words} " not in text)
            assert len(kept) == len(roles[role].statements) - 1
            roles[role] = replace(roles[role], statements=kept)
        self.cloud.apply_policies(policy_of(roles))

    def refused(self, role: str, acts: Iterable[str]) -> set[str]:
        """Which of a function's acts are refused just now, or of what schedules and services do at all."""
        if role in self.hands:
            return set(self.hands[role].refused(acts))
        if role == "schedules":
            return set() if self._may_start(self.schedule) else {"start the controller"}
        return {name for name, is_permitted in self._services().items() if not is_permitted}

    def make_schedule(self, function: Function) -> Schedule:
        """A schedule that would start a function; its group takes it in when the policies are applied."""
        resource = function_resource(function.ocid, body={"action": "status"})
        return self.cloud.schedules.create("by hand", recurrence_details="0 0 1 1 *", resources=[resource])

    def start(self, function: Function) -> None:
        """Let a schedule of the deployment's group start a function. Raises NotPermittedError."""
        schedule = self.make_schedule(function)
        self.apply()
        self.cloud.schedules.fire(schedule)

    def _may_start(self, schedule: Schedule) -> bool:
        """Whether a schedule may start the controller; it is not started."""
        principal = self.cloud.schedules.principal(schedule)
        try:
            self.cloud.access.require_invocation(principal, self.cloud.deployment.controller.ocid)
        except NotPermittedError:
            return False
        return True

    def _services(self) -> dict[str, bool]:
        """What Oracle's services do for the deployment, none of it by a request to the emulated cloud."""
        region = self.cloud.region
        bucket = (("target.bucket.name", BUCKET),)
        storage = f"objectstorage-{region}"
        roles = self.roles()
        key_id = next(text for text in roles["services"].statements if "use keys" in text).split("'")[1]
        controller_id = self.cloud.deployment.controller.ocid
        return {
            "delete old versions": self._has(storage, "OBJECT_VERSION_DELETE", *bucket),
            "encrypt the bucket": self._has(storage, "KEY_ENCRYPT", ("target.key.id", key_id)),
            "fetch the code": self._application_may_read(f"{PREFIX}/code.zip"),
            "deliver an event": self._has(
                "cloudEvents", "FN_INVOCATION", ("target.function.id", controller_id)
            ),
            "hand traces over": self._has("faas", "APM_DOMAIN_UPDATE"),
        }

    def _has(self, service: str, permission: str, *variables: tuple[str, str]) -> bool:
        principal = Principal(kind="service", ocid=service, tenancy_id="", compartment_id="")
        case = Case(when=None, permissions=((known_permissions()[permission],),))
        target = Target(self.cloud.tenancy.tenancy_id, variables)
        return self.cloud.access.allows(principal, case, target)

    def _application_may_read(self, name: str) -> bool:
        """Whether the deployment's application may read an object of the bucket."""
        tenancy = self.cloud.tenancy
        path = f"/n/{tenancy.namespace}/b/{BUCKET}/o/{name}"
        request = Request(
            service="objectstorage", region=self.cloud.region, method="GET", path=path, target=path
        )
        application = self.cloud.deployment.application
        principal = Principal(
            kind="resource",
            ocid=application.ocid,
            tenancy_id=tenancy.tenancy_id,
            compartment_id=application.compartment_id,
        )
        try:
            self.cloud.access.require(request, principal)
        except NotPermittedError:
            return False
        return True
