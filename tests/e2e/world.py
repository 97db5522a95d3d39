"""A deployment over an emptied bucket, driven and disturbed as a test wants."""

from __future__ import annotations

import json
from typing import Any

from emulator.cloud import Cloud
from emulator.faults import Action, FaultRule
from emulator.functions import Call, Function, Rules
from emulator.iam import NOT_PERMITTED
from emulator.mutation import Changes, mutate
from emulator.tenancy import Tenancy
from emulator.truth import truth_domain_members, truth_domains, truth_records
from tests.e2e.bucket import Bucket
from tests.e2e.expected import PerfectInventory, Truth, readable_types
from tests.e2e.meeting import WAIT_SECONDS, Meeting, wait_until
from tests.e2e.run_files import RunFiles

#: Longer than a call may own what it owns: a detached call's hour and some.
PAST_OWNERSHIP_SECONDS = 4000
#: Longer than the grace in which what was asked for may just be starting.
PAST_GRACE_SECONDS = 61


class World:
    """One cloud, reused by tests one after the other; each begins with `reset`.

    `inventory` is what a perfect inventory holds after the test's runs so far.
    """

    def __init__(self, cloud: Cloud, *, readable: frozenset[str] | None = None) -> None:
        """`readable` are the types that are read at the depth of the deployment, all that can be if none is
        given."""
        self.cloud = cloud
        self.bucket = Bucket(cloud)
        self._readable = readable_types() if readable is None else readable
        self.inventory = PerfectInventory(readable=self._readable)
        self.renews_credentials = False
        self._functions = cloud.functions
        self._original = dict(cloud.tenancy.resources)
        self._regions = cloud.tenancy.regions
        self._meetings: list[Meeting] = []
        self._configured: list[Function] = []
        self._calls_before = 0
        self._messages_before = 0

    def reset(self) -> None:
        """As if just deployed: nothing broken, nothing running, the first tenancy, an empty bucket."""
        self.heal()
        self.cloud.forget_triggers()
        self.cloud.apply_policies()
        self._functions.wait_idle(WAIT_SECONDS)
        for function in self._configured:
            self._functions.update_config(function, function.config)
        self._configured.clear()
        tenancy = self.cloud.tenancy
        with tenancy.changing:
            tenancy.replace(put=self._original.values(), drop=tenancy.resources.keys() - self._original)
        tenancy.regions = self._regions
        for name in self.bucket.names():
            self.bucket.delete(name)
        self.inventory = PerfectInventory(readable=self._readable)
        self.cloud.emulator.requests.clear()
        self._calls_before = len(self._functions.calls)
        self._messages_before = len(self.cloud.notifications.messages(self.cloud.topic_id))

    # The tenancy

    @property
    def tenancy(self) -> Tenancy:
        return self.cloud.tenancy

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that can be searched, the home region first."""
        return self.cloud.tenancy.ready_regions

    @property
    def home(self) -> str:
        return self.regions[0]

    @property
    def others(self) -> tuple[str, ...]:
        return self.regions[1:]

    def truth(self) -> list[Truth]:
        tenancy = self.cloud.tenancy
        apart = (*truth_domains(tenancy), *truth_domain_members(tenancy))
        return [
            *({**one, "searched": "unsearchedType" not in one["oddities"]} for one in truth_records(tenancy)),
            *({**one, "searched": False} for one in apart),
        ]

    def mutate(self, *, seed: int, many: int = 10) -> Changes:
        """Change resources in every way, so many each, in all regions and of identity."""
        return mutate(
            self.cloud.tenancy,
            seed=seed,
            adds=many,
            removes=many,
            tag_changes=many,
            lifecycle_changes=many,
            moves=many,
            detail_changes=many,
            now=self.cloud.emulator.now(),
        )

    def pass_time(self, seconds: float) -> None:
        """Move the cloud's clock, the store's and that of schedules and alarms."""
        self.cloud.pass_time(seconds)

    # The product

    @property
    def controller(self) -> Function:
        return self.cloud.deployment.controller

    @property
    def worker(self) -> Function:
        return self.cloud.deployment.region

    @property
    def aggregator(self) -> Function:
        return self.cloud.deployment.aggregator

    def configure(self, function: Function, **settings: str) -> None:
        """Give a function other settings than it was deployed with, until the end of the test."""
        self._configured.append(function)
        more = {f"INVENTORY_{name.upper()}": text for name, text in settings.items()}
        self._functions.update_config(function, {**function.config, **more})

    def wake(self, **body: str) -> dict[str, Any]:
        """Invoke the controller and return its answer."""
        answer = self._functions.invoke(self.controller.ocid, json.dumps(body).encode())
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def invoke(self, function: Function, **body: str) -> None:
        """Invoke a function as another one does, detached."""
        self._functions.invoke(function.ocid, json.dumps(body).encode(), detached=True)

    def settle(self) -> None:
        """Wait until no function is at work."""
        self._functions.wait_idle(WAIT_SECONDS)

    def start(self) -> RunFiles:
        """Start a run and return while it is at work."""
        answer = self.wake()
        assert answer["status"] == "started"
        return self.bucket.run(answer["run_id"])

    def run(self) -> RunFiles:
        """A run from its start to where it ends by itself."""
        run = self.start()
        self.settle()
        return run

    def sweep(self) -> None:
        """What the controller's own schedule does, and what follows from it."""
        assert self.wake(action="sweep")["status"] == "swept"
        self.settle()

    def calls(self, function: Function, *, containing: str = "") -> list[Call]:
        """The function's calls in this test, oldest first."""
        return [
            call
            for call in self._functions.calls[self._calls_before :]
            if call.function_id == function.ocid and containing.encode() in call.body
        ]

    def messages(self, run_id: str) -> list[str]:
        """The titles of what the topic was told about a run."""
        told = self.cloud.notifications.messages(self.cloud.topic_id)[self._messages_before :]
        return [message.title or "" for message in told if run_id in (message.title or "")]

    def refusals(self) -> list[str]:
        """What somebody was not permitted in this test, and why."""
        entries = self.cloud.emulator.requests.entries(status=404)
        return [entry.detail for entry in entries if (entry.detail or "").startswith(NOT_PERMITTED)]

    def story(self) -> str:
        """The functions' calls and logs of this test, for whoever reads its failure."""
        calls = self._functions.calls[self._calls_before :]
        logs = [
            line
            for path in (self.cloud.emulator.root / "functions").rglob("*.log")
            for line in path.read_text("utf-8", "replace").splitlines()
            if any(call.call_id in line for call in calls)
        ]
        return "\n".join([*map(str, calls), *logs])

    # What goes wrong

    @property
    def rules(self) -> Rules:
        """Faults of invocations."""
        return self._functions.rules

    def heal(self) -> None:
        """Nothing is broken from now on."""
        self.cloud.emulator.faults.clear()
        self.rules.clear()
        for meeting in self._meetings:
            meeting.end()
        self._meetings.clear()

    def break_requests(self, action: Action, **where: Any) -> FaultRule:
        """Let requests fail; `where` are the fields of a `FaultRule`."""
        rule = FaultRule(action=action, **where)
        self.cloud.emulator.faults.add(rule)
        return rule

    def fired(self, rule: FaultRule) -> int:
        """How often a rule broke a request."""
        return self.cloud.emulator.faults.fired(rule)

    def hold(self, *, count: int = 1, after: int = 0, **where: Any) -> Meeting:
        """Stop the next `count` such requests, behind the first `after`, when they arrive."""
        meeting = Meeting(count)
        for number, hold in enumerate(meeting.holds):
            self.break_requests(hold, after=after + number, times=1, **where)
        self._meetings.append(meeting)
        return meeting

    def kill_at(self, function: Function, where: dict[str, Any], *, containing: str = "") -> Meeting:
        """Kill a call of the function when such a request of it is held.

        Where a function was called twice, as may happen, the call without work ends first.
        """
        meeting = self.hold(**where)

        def is_alone() -> bool:
            working = [call for call in self.calls(function, containing=containing) if call.outcome is None]
            return meeting.is_complete() and len(working) == 1

        self.rules.kill_when(function, is_alone, containing=containing.encode())
        return meeting

    def wait_for_calls(self, function: Function, count: int, *, containing: str = "") -> None:
        """Wait until so many calls of the function have ended."""
        wait_until(
            lambda: (
                sum(call.outcome is not None for call in self.calls(function, containing=containing)) >= count
            )
        )

    def wait_for_kill(self, function: Function) -> None:
        """Wait until a call of the function was killed."""
        wait_until(lambda: "killed" in [call.outcome for call in self.calls(function)])

    def release_from_the_grave(self, death: Meeting) -> None:
        """Let a dead call's last request go on, and wait until it was carried out, or lost for good."""
        self.settle()
        # Nothing is at work, so the next request can only be that one.
        requests = self.cloud.emulator.requests
        before = requests.count()
        death.end()
        wait_until(lambda: requests.count() > before)

    def wait_for_answer(self, **which: Any) -> None:
        """Wait until such a request was answered; `which` as the request log's filters."""
        wait_until(lambda: self.cloud.emulator.requests.count(**which) > 0)
