"""A whole emulated cloud on loopback: a tenancy, its services, a bucket, a topic and the deployed product.

What a tenancy owner has after a deployment; tests, the demo and the server start it, change it and break it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from emulator.alarms import Alarm, AlarmsService
from emulator.app import Emulator
from emulator.auth import ApiKey
from emulator.control import Control
from emulator.deployment import NAME, Deployment, deploy
from emulator.door_http import HttpDoor
from emulator.events import EventRule, EventsService
from emulator.functions import Application, FunctionsService
from emulator.iam import Access, Places, Policy
from emulator.iam.product import Role, policy_of, roles_of
from emulator.monitoring import MonitoringService
from emulator.notifications import NotificationsService
from emulator.object_events import ObjectEvents
from emulator.object_storage import ObjectStorageService
from emulator.reads import GeneratedBuckets
from emulator.resource_scheduler import ResourceSchedulerService, function_resource
from emulator.search import SearchService
from emulator.tenancy import Tenancy
from emulator.tenancy_services import tenancy_services
from emulator.wire import Principal, Request, ServiceError

BUCKET = "inventory-bucket"
PERSON = "ocid1.user.oc1..aaaaaaaaperson"


class Cloud:
    """The running cloud; a context manager that leaves no process, thread or socket behind.

    `root` holds the bucket's objects as plain files (`objects`), the messages of the topic and the
    functions' logs. `config` is added to the application's configuration; port 0 takes a free one.
    What may wake functions: `notifications`, `alarms`, `events` (with the bucket's object events once it is
    in `storage.object_events`) and `schedules`. `object_storage` is `storage` as requests see it.
    `access` decides what functions, schedules and persons may do: what the deployment's policies say.
    """

    def __init__(
        self,
        tenancy: Tenancy,
        *,
        root: Path,
        source_dir: Path,
        config: Mapping[str, str] | None = None,
        detached_timeout_seconds: int = 3600,
        memory_in_mbs: int = 1024,
        total_concurrency_mb: int = 60 * 1024,
        port: int = 0,
    ) -> None:
        self.tenancy = tenancy
        self.region = tenancy.home_region
        self.emulator = Emulator(root=root, tenancy_id=tenancy.tenancy_id, realm=tenancy.realm)
        self.objects = root / "objectstorage" / tenancy.namespace / BUCKET
        self._closing = contextlib.ExitStack()
        clock = self.emulator.now
        self.storage = ObjectStorageService(
            root=root,
            namespace=tenancy.namespace,
            clock=clock,
            realm=tenancy.realm,
            other_buckets=GeneratedBuckets(tenancy).bucket_details,
        )
        self._closing.callback(self.storage.close)
        self.storage.create_bucket(BUCKET, tenancy.tenancy_id, region=self.region)
        self.functions = FunctionsService(
            root=root,
            principals=self.emulator.keys,
            tenancy_id=tenancy.tenancy_id,
            region_keys={region.name: region.key for region in tenancy.regions},
            realm=tenancy.realm,
            total_concurrency_mb=total_concurrency_mb,
        )
        self.functions.management.read_object = self._read_archive
        self.notifications = NotificationsService(
            root=root, clock=clock, realm=tenancy.realm, deliver=self.functions.deliver
        )
        self.topic_id = self.notifications.create_topic(NAME, region=self.region)
        self.alarms = AlarmsService(self.notifications, clock=clock, realm=tenancy.realm)
        self.events = EventsService(
            self.functions, clock=clock, parent=self._parent_compartment, realm=tenancy.realm
        )
        self._places = Places(tenancy, buckets=self.storage, functions=self.functions)
        self.access = Access(Policy(), self._places)
        self.schedules = ResourceSchedulerService(
            self.functions,
            clock=clock,
            realm=tenancy.realm,
            tenancy_id=tenancy.tenancy_id,
            authorize=lambda schedule, function_id: self.access.require_invocation(schedule, function_id),
        )
        self.object_storage = ObjectEvents(self.storage, self.events, compartment_name=self._compartment_name)
        services = tenancy_services(
            tenancy,
            clock=clock,
            owned={
                "objectstorage": self.object_storage,
                "notification": self.notifications,
                "functions": self.functions,
            },
        )
        search, monitoring = services["query"], services["telemetry"]
        assert isinstance(search, SearchService)
        assert isinstance(monitoring, MonitoringService)
        self.search, self.monitoring = search, monitoring
        # Policies may change at any time, so each request asks for those of now.
        self.search.sight = lambda principal: self.access.sight(principal)
        self.emulator.authorize = lambda request, principal: self.access.require(request, principal)
        for label, service in services.items():
            self.emulator.register(label, service)
        control = Control(
            faults=self.emulator.faults,
            requests=self.emulator.requests,
            functions=self.functions,
            advance=self.pass_time,
        )
        self.door = HttpDoor(self.emulator, port=port, control=control)
        self._source_dir = source_dir
        self._config = dict(config or {})
        self._memory_in_mbs = memory_in_mbs
        self._detached_timeout_seconds = detached_timeout_seconds

    def __enter__(self) -> Cloud:
        self._closing.enter_context(self.door)
        self.tenancy.endpoint_template = self.door.endpoint_template
        self._closing.enter_context(self.functions)
        self.deployment: Deployment = deploy(
            self.functions,
            endpoint_template=self.door.endpoint_template,
            source_dir=self._source_dir,
            compartment_id=self.tenancy.tenancy_id,
            region=self.region,
            bucket=BUCKET,
            topic_id=self.topic_id,
            config=self._config,
            memory_in_mbs=self._memory_in_mbs,
            detached_timeout_seconds=self._detached_timeout_seconds,
        )
        self.apply_policies()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _read_archive(self, application: Application, namespace: str, bucket: str, name: str) -> bytes | None:
        """An object for an application that makes a function of it, if it may read it."""
        path = f"/n/{namespace}/b/{bucket}/o/{quote(name, safe='')}"
        reader = Principal(
            kind="resource",
            ocid=application.ocid,
            tenancy_id=self.tenancy.tenancy_id,
            compartment_id=application.compartment_id,
        )
        try:
            self.access.require(
                Request(
                    service="objectstorage", region=application.region, method="GET", path=path, target=path
                ),
                reader,
            )
        except ServiceError:
            return None
        return self.storage.content(namespace, bucket, name)

    def roles(self) -> dict[str, Role]:
        """The deployment's dynamic groups and statements by role, with the schedules that there are now."""
        return roles_of(
            self.deployment,
            bucket_compartment_id=self.tenancy.tenancy_id,
            schedule_ids=[schedule.schedule_id for schedule in self.schedules.schedules()],
        )

    def apply_policies(self, policy: Policy | None = None) -> None:
        """Let a policy decide from now on: the deployment's own as its file has it, if none is given.

        Whoever makes a schedule by themselves applies the deployment's anew, so that its group takes it in.
        """
        self.access = Access(policy or policy_of(self.roles()), self._places)

    def person(self) -> ApiKey:
        """An API key of an administrator."""
        return self.emulator.keys.mint_api_key(user_id=PERSON)

    def endpoint(self, service: str, region: str | None = None) -> str:
        """The loopback endpoint of a service in a region, the home region if none is given."""
        return self.door.endpoint_template.format(service=service, region=region or self.region)

    def pass_time(self, seconds: float) -> None:
        """Move the cloud's time; schedules and alarms that are due by then fire."""
        self.emulator.advance(seconds)
        self.tick()

    def tick(self) -> None:
        """Fire the schedules and alarms that are due by now."""
        self.schedules.tick()
        self.alarms.tick()

    def start_schedules(self, recurrences: Mapping[str, str], *, time_zone: str = "UTC") -> None:
        """The deployment's schedules, each at its cron expression: what the trigger `schedule` means."""
        for kind, wired in self.deployment.wiring["schedules"].items():
            resource = function_resource(
                self.deployment.function(wired["function"]).ocid, body=json.dumps(wired["body"])
            )
            self.schedules.create(
                wired["name"],
                recurrence_details=recurrences[kind],
                resources=[resource],
                local_time_zone=time_zone,
            )
        self.apply_policies()

    def start_clock(self, kind: str, *, repeat_seconds: float) -> Alarm:
        """The deployment's alarm that serves as a clock, OK as yet: what the trigger `alarm` means."""
        wired = self.deployment.wiring["clocks"][kind]
        topic_id = self.notifications.create_topic(
            self.deployment.wiring["topics"][wired["topic"]], region=self.region
        )
        self.notifications.subscribe(topic_id, self.deployment.function(wired["function"]).ocid)
        return self.alarms.create(wired["name"], topic_id, region=self.region, repeat_seconds=repeat_seconds)

    def start_rule(self, kind: str, *, condition: Mapping[str, Any] | None = None) -> EventRule:
        """One of the deployment's Events rules, with a condition where the wiring has none.

        The bucket sends its events from now on.
        """
        wired = self.deployment.wiring["rules"][kind]
        chosen = condition or wired["condition"]
        self.storage.object_events.add(BUCKET)
        return self.events.rule(
            wired["name"],
            compartment_id=self.tenancy.tenancy_id,
            function_id=self.deployment.function(wired["function"]).ocid,
            event_types=chosen.get("eventType", ()),
            data=chosen.get("data"),
        )

    def forget_triggers(self) -> None:
        """Without subscriptions, alarms, rules, schedules and object events, as just deployed."""
        self.notifications.forget_subscriptions()
        for service in (self.alarms, self.events, self.schedules):
            service.clear()
        self.storage.object_events.clear()

    def _parent_compartment(self, compartment_id: str) -> str | None:
        found = self.tenancy.resources.get(compartment_id)
        return found.compartment_id if found is not None else None

    def _compartment_name(self, compartment_id: str) -> str:
        found = self.tenancy.resources.get(compartment_id)
        return (found.display_name if found is not None else None) or self.tenancy.name
