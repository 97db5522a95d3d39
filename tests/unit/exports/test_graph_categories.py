"""Every known type has a category, and three of them stand in a node's type."""

from __future__ import annotations

import pytest

from inventory.catalog.load import load_catalog
from inventory.exports.graph_categories import CATEGORIES, IN_NODE_TYPE, OTHER, category_of, node_type
from inventory.schemas.load import schema_of


@pytest.mark.parametrize(
    ("resource_type", "expected"),
    [
        ("Instance", "compute.Instance"),
        ("Subnet", "network.Subnet"),
        ("DHCPOptions", "network.DHCPOptions"),
        ("Policy", "security.Policy"),
        ("Key", "security.Key"),
        ("DataSafeTargetDatabase", "security.DataSafeTargetDatabase"),
        ("Bucket", "Bucket"),
        ("AutonomousDatabase", "AutonomousDatabase"),
        ("Compartment", "Compartment"),
        ("of the future", "of the future"),
        ("", ""),
    ],
)
def test_compute_network_and_security_stand_before_the_type(resource_type: str, expected: str) -> None:
    assert node_type(resource_type) == expected
    category = category_of(resource_type)
    assert (category in IN_NODE_TYPE) == (expected != resource_type)


def test_names_are_compared_in_any_letter_case() -> None:
    assert category_of("INSTANCE") == category_of("instance") == "compute"
    assert category_of("datasciencemodel") == category_of("DataScienceModel") == "ai"


@pytest.mark.parametrize(
    ("resource_type", "category"),
    [
        ("ManagementAgent", "observability"),
        ("DatabaseSomethingNew", "database"),
        ("DataSafeSomethingNew", "security"),
        ("Thing", OTHER),
    ],
)
def test_a_type_of_no_list_is_judged_by_how_it_begins(resource_type: str, category: str) -> None:
    assert category_of(resource_type) == category


def test_all_that_the_catalog_knows_has_a_category() -> None:
    names = {name for entry in load_catalog().entries for name in (entry.name, *entry.aliases)}
    categories = {name: category_of(name) for name in names}
    assert set(categories.values()) <= set(CATEGORIES)
    # Search calls two types of unclear origin so.
    assert {name for name, category in categories.items() if category == OTHER} <= {"connection", "job"}


def test_the_schema_knows_the_same_categories() -> None:
    assert schema_of("graph_nodes_line")["properties"]["nodeCategory"]["enum"] == list(CATEGORIES)
