"""Which requests a rule breaks: by chance, by try, by rate, by the age of a token, and whole regions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import oci
import pytest

from emulator.app import Emulator
from emulator.auth import KeyRing
from emulator.faults import ExpireTokens, FaultRule, Faults, Latency, Reset, Status, Throttle
from emulator.outages import region_down, region_not_authorised, type_not_readable
from emulator.tenancy.details import READ_CALLS
from emulator.wire import Request

BUSY = Status(status=503, code="ServiceUnavailable")
TENANCY = "ocid1.tenancy.oc1..aaaatenancy"


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def request(
    target: str = "/a", *, service: str = "iaas", region: str = "us-ashburn-1", **more: Any
) -> Request:
    return Request(service=service, region=region, method="GET", path=target, target=target, **more)


def fired(faults: Faults, *requests: Request) -> list[bool]:
    return [bool(faults.fire(each)) for each in requests]


def test_the_same_seed_breaks_the_same_requests() -> None:
    def story(seed: int) -> list[bool]:
        faults = Faults()
        faults.add(FaultRule(action=BUSY, probability=0.3, seed=seed))
        return fired(faults, *[request(f"/{number}") for number in range(1000)])

    assert story(1) == story(1)
    assert story(1) != story(2)
    assert 200 < sum(story(1)) < 400


def test_a_request_is_broken_for_its_first_tries_only() -> None:
    faults = Faults()
    faults.add(FaultRule(action=BUSY, tries=2))
    assert fired(faults, *[request("/a"), request("/b")] * 3) == [True, True, True, True, False, False]
    # Another body is another request, and so is the same in another region's path.
    assert fired(faults, request("/a", body=b"x"), request("/eu/a")) == [True, True]


def test_a_token_bucket_is_for_one_service_in_one_region() -> None:
    watch = Watch()
    faults = Faults(monotonic=watch)
    faults.add(FaultRule(action=Throttle(per_second=2, burst=3)))
    assert fired(faults, *[request()] * 4) == [False, False, False, True]
    assert fired(faults, request(region="eu-frankfurt-1"), request(service="identity")) == [False, False]
    watch.seconds += 0.5
    assert fired(faults, request(), request()) == [False, True]
    watch.seconds += 60
    assert fired(faults, *[request()] * 4) == [False, False, False, True]


def test_a_throttled_client_is_told_when_to_come_back_only_by_a_rule_that_says_so() -> None:
    for tells_when, expected in ((True, 4), (False, None)):
        faults = Faults(monotonic=Watch())
        faults.add(FaultRule(action=Throttle(per_second=0.25, tells_when=tells_when)))
        faults.fire(request())
        [throttled] = faults.fire(request())
        assert isinstance(throttled, Status)
        assert (throttled.status, throttled.code, throttled.retry_after) == (429, "TooManyRequests", expected)


def test_latency_is_drawn_from_its_range() -> None:
    faults = Faults()
    faults.add(FaultRule(action=Latency(seconds=0.1, up_to_seconds=0.3)))
    drawn = [
        effect.seconds for _ in range(100) for effect in faults.fire(request()) if isinstance(effect, Latency)
    ]
    assert len(set(drawn)) == 100
    assert 0.1 <= min(drawn) < 0.15
    assert 0.25 < max(drawn) <= 0.3


def test_an_old_token_is_refused_until_it_is_renewed() -> None:
    watch = Watch()
    keys = KeyRing(tenancy_id=TENANCY, now=watch)
    faults = Faults(now=watch)
    faults.add(FaultRule(action=ExpireTokens(after_seconds=60)))

    def signed() -> Request:
        session = keys.mint_resource_principal(function_id="ocid1.fnfunc.oc1..f", compartment_id=TENANCY)
        return request(headers={"authorization": f'Signature version="1",keyId="ST${session.rpst}"'})

    old = signed()
    watch.seconds += 61
    new = signed()
    person = request(headers={"authorization": 'Signature version="1",keyId="t/u/fingerprint"'})
    assert fired(faults, old, new, person) == [True, False, False]
    [refused] = faults.fire(old)
    assert isinstance(refused, Status)
    assert (refused.status, refused.code) == (401, "NotAuthenticated")


def test_rules_come_and_go_one_by_one() -> None:
    faults = Faults()
    first, second = FaultRule(action=BUSY, service="iaas"), FaultRule(action=Reset(), service="iaas")
    faults.add(first, second)
    assert faults.fire(request()) == [BUSY]
    faults.remove(first)
    assert faults.fire(request()) == [Reset()]
    assert faults.rules() == [(second, 1)]


@pytest.mark.parametrize("how", ["refused", "silent", "unavailable"])
def test_a_region_that_is_down_is_down_for_every_service_and_no_other_region(
    emulator: Emulator, clients: Any, how: Any
) -> None:
    emulator.faults.add(*region_down("eu-frankfurt-1", how=how, silence_seconds=0.15))
    outcomes = Counter[str]()
    for region in ("eu-frankfurt-1", "us-ashburn-1"):
        for service, kind, call in (
            ("identity", oci.identity.IdentityClient, lambda client: client.list_regions()),
            ("query", oci.resource_search.ResourceSearchClient, lambda client: client.list_resource_types()),
        ):
            client = clients(kind, service, region=region, timeout=(1, 0.1 if how == "silent" else 5))
            with pytest.raises((oci.exceptions.ServiceError, oci.exceptions.RequestException)) as caught:
                call(client)
            # Nothing is registered here, so what is up answers 404.
            error = caught.value
            is_answer = isinstance(error, oci.exceptions.ServiceError)
            outcomes[f"{region} {error.status if is_answer else 'no answer'}"] += 1
    told = "503" if how == "unavailable" else "no answer"
    assert outcomes == {f"eu-frankfurt-1 {told}": 2, "us-ashburn-1 404": 2}


def test_a_region_that_is_not_authorised_hides_everything() -> None:
    for status, code in ((404, "NotAuthorizedOrNotFound"), (401, "NotAuthenticated")):
        faults = Faults()
        faults.add(*region_not_authorised("eu-frankfurt-1", status=status))  # type: ignore[arg-type]
        [hidden] = faults.fire(request(region="eu-frankfurt-1"))
        assert isinstance(hidden, Status)
        assert (hidden.status, hidden.code) == (status, code)
        assert not faults.fire(request())


def test_a_type_that_cannot_be_read_is_hidden_from_its_own_get_alone() -> None:
    faults = Faults()
    faults.add(*type_not_readable("Volume"))
    call = READ_CALLS["Volume"]
    hidden = request(f"{call.collection}/ocid1.volume.oc1..v", service=call.service)
    other = READ_CALLS["Instance"]
    assert fired(
        faults, hidden, request(f"{other.collection}/ocid1.instance.oc1..i", service=other.service)
    ) == [
        True,
        False,
    ]
