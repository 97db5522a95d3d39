"""The state machine that interleaves controllers, workers and aggregators with every kind of mishap."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from inventory.model.adhoc import AdhocScope
from inventory.triggers import RUN, SWEEP
from tests.model.invariants import NAMES, Observer
from tests.model.stories import sweep_to_rest
from tests.model.world import FATES, KINDS, REGIONS, STOPS, Actor, World, iam_item, item

#: Longer than a call may live plus skew plus grace, so that nothing is owned or starting any more.
LONG = 1000


class Coordination(RuleBasedStateMachine):
    """Random stories; `teardown` ends each by letting the world come to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.observer = Observer(self.world)
        self.triggers: list[tuple[str, AdhocScope | None]] = []
        self.numbers = 100

    @initialize()
    def a_tenancy(self) -> None:
        for region in REGIONS:
            state = self.world.regions[region]
            state.items = [item(region, number) for number in range(1, 6)]
            state.items.append(item(region, 6, is_named=False))
            state.items.append(iam_item(7))

    # Causes

    @rule()
    def a_trigger(self) -> None:
        self._trigger(None)

    @rule()
    def an_adhoc_trigger(self) -> None:
        self._trigger(AdhocScope(regions=REGIONS[:1]))

    @precondition(lambda self: self.triggers)
    @rule(data=st.data())
    def a_trigger_again(self, data: st.DataObject) -> None:
        key, adhoc = data.draw(st.sampled_from(self.triggers))
        self.world.start_controller(RUN, key, adhoc)

    @rule()
    def a_sweep(self) -> None:
        self.world.start_controller(SWEEP, "sweep")

    @precondition(lambda self: self.world.pending)
    @rule(data=st.data(), keep=st.booleans())
    def a_delivery(self, data: st.DataObject, keep: bool) -> None:
        self.world.deliver(data.draw(self._index(self.world.pending)), keep=keep)

    @precondition(lambda self: self.world.pending)
    @rule(data=st.data())
    def a_lost_invocation(self, data: st.DataObject) -> None:
        self.world.pending.pop(data.draw(self._index(self.world.pending)))

    # Progress and mishaps

    @rule()
    def everybody_works(self) -> None:
        self.world.drive()

    @rule(kind=st.sampled_from(KINDS), fate=st.sampled_from(FATES), skip=st.integers(0, 6))
    def a_mishap_at(self, kind: str, fate: str, skip: int) -> None:
        """Everybody works until one stands before a step of this kind; then that step meets its fate."""
        actor = self._skip(kind, skip)
        if actor is not None:
            self.world.step(actor, fate)

    @rule(stop=st.sampled_from(STOPS), skip=st.integers(0, 6))
    def a_long_pause_at(self, stop: str, skip: int) -> None:
        actor = self._skip(stop, skip)
        if actor is not None:
            actor.is_paused = True

    @rule()
    def meanwhile_another_run(self) -> None:
        """Who is paused now is a ghost afterwards: swept, and overtaken by a whole run."""
        self.world.pass_time(LONG)
        self.a_sweep()
        self.world.drive()
        self.a_trigger()
        self.world.drive()

    @precondition(lambda self: self.world.actors)
    @rule(data=st.data(), fate=st.sampled_from(FATES))
    def a_single_step(self, data: st.DataObject, fate: str) -> None:
        actor = data.draw(st.sampled_from(self.world.actors))
        self.world.step(actor, fate)

    @precondition(lambda self: any(actor.is_paused for actor in self.world.actors))
    @rule(data=st.data())
    def a_paused_call_wakes(self, data: st.DataObject) -> None:
        paused = [actor for actor in self.world.actors if actor.is_paused]
        data.draw(st.sampled_from(paused)).is_paused = False

    @precondition(lambda self: self.world.late_writes)
    @rule(data=st.data())
    def a_late_write_lands(self, data: st.DataObject) -> None:
        self.world.land_late_write(data.draw(self._index(self.world.late_writes)))

    @rule(seconds=st.sampled_from([1, 61, 120, 400, LONG, 4 * LONG]))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule(region=st.sampled_from(REGIONS))
    def page_tokens_expire(self, region: str) -> None:
        self.world.regions[region].generation += 1

    @rule(region=st.sampled_from(REGIONS), is_down=st.booleans())
    def search_goes_down_or_up(self, region: str, is_down: bool) -> None:
        self.world.regions[region].is_down = is_down

    @precondition(lambda self: self._is_quiet())
    @rule(region=st.sampled_from(REGIONS))
    def the_tenancy_changes(self, region: str) -> None:
        """Between runs, so that the truth of a run is one state."""
        state = self.world.regions[region]
        self.numbers += 1
        state.items = [*state.items[1:], item(region, self.numbers)]

    def teardown(self) -> None:
        try:
            self._come_to_rest()
            self.observer.check_at_rest()
        finally:
            self.world.close()

    def _trigger(self, adhoc: AdhocScope | None) -> None:
        self.triggers.append((f"key-{len(self.triggers)}", adhoc))
        self.world.start_controller(RUN, *self.triggers[-1])

    def _come_to_rest(self) -> None:
        for state in self.world.regions.values():
            state.is_down = False
        for actor in self.world.actors:
            actor.is_paused = False
        self.world.drive()
        sweep_to_rest(self.world)
        while self.world.late_writes:
            self.world.land_late_write(0)

    def _skip(self, stop: str, skip: int) -> Actor | None:
        """Everybody works until one stands at such a stop for the (skip + 1)th time."""
        for _ in range(skip):
            actor = self.world.drive(until=stop)
            if actor is None:
                return None
            self.world.step(actor)
        return self.world.drive(until=stop)

    def _is_quiet(self) -> bool:
        if self.world.actors or self.world.pending or self.world.late_writes:
            return False
        lease = self.world.store.objects.get(NAMES.lease)
        return lease is None or b'"state":"idle"' in lease.body

    @staticmethod
    def _index(sequence: list[object]) -> st.SearchStrategy[int]:
        return st.integers(0, len(sequence) - 1)
