"""The compartment tree: names for people, and which compartment lies below which."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inventory.model.compartments import Compartment, CompartmentTree

TENANCY = "ocid1.tenancy.oc1..t"


def ocid(name: str) -> str:
    return f"ocid1.compartment.oc1..{name}"


def tree(**parents: str) -> CompartmentTree:
    """A tree of compartments that are called like the last part of their OCID."""
    return CompartmentTree(
        tenancy_id=TENANCY,
        tenancy_name="acme",
        compartments={
            ocid(name): Compartment(
                name=name, parent=TENANCY if parent == "" else ocid(parent), state="ACTIVE"
            )
            for name, parent in parents.items()
        },
    )


def test_a_path_begins_with_the_tenancys_name() -> None:
    known = tree(Production="", web="Production", blue="web")
    assert known.path(TENANCY) == "acme"
    assert known.path(ocid("Production")) == "acme/Production"
    assert known.path(ocid("blue")) == "acme/Production/web/blue"


def test_what_is_unknown_stands_for_itself() -> None:
    known = tree(orphan="gone")
    assert known.path(ocid("other")) == ocid("other")
    assert known.path(ocid("orphan")) == f"{ocid('gone')}/orphan"


def test_a_compartment_is_below_itself_and_all_above_it() -> None:
    known = tree(a="", b="a", c="b", d="")
    for root in (TENANCY, ocid("a"), ocid("b"), ocid("c")):
        assert known.is_below(ocid("c"), {root})
    assert not known.is_below(ocid("d"), {ocid("a"), ocid("c")})
    assert not known.is_below(ocid("a"), {ocid("b")})
    assert known.is_below(ocid("d"), {ocid("a"), ocid("d")})
    assert known.is_below(TENANCY, {TENANCY})
    assert not known.is_below(TENANCY, {ocid("a")})


def test_what_is_unknown_is_below_nothing() -> None:
    known = tree(orphan="gone")
    assert not known.is_below(None, {TENANCY})
    assert not known.is_below(ocid("gone"), {ocid("gone")})
    assert not known.is_below(ocid("orphan"), {TENANCY})


def test_compartments_that_lie_in_each_other_have_a_path_with_an_end() -> None:
    known = tree(a="b", b="a")
    assert known.path(ocid("a")) == "b/a"
    assert not known.is_below(ocid("a"), {TENANCY})
    assert known.is_below(ocid("a"), {ocid("b")})


names = st.sampled_from("abcdefgh")


@given(st.dictionaries(names, st.sampled_from(["", *"abcdefgh"])), names, st.sets(names))
def test_below_is_what_the_path_says(parents: dict[str, str], name: str, roots: set[str]) -> None:
    known = tree(**parents)
    by_name = {ocid(root) for root in roots}
    # A compartment is known by its name, and the one where the way up ends by its OCID.
    parts = known.path(ocid(name)).split("/")
    on_the_way = {part if part.startswith("ocid1.") else ocid(part) for part in parts}
    assert known.is_below(ocid(name), by_name) == (name in parents and bool(on_the_way & by_name))
