"""Whoever does what CONTRIBUTING.md shows has a type that is read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inventory.catalog.load import load_catalog, parse_catalog, parse_operations
from tools.catalog.__main__ import main
from tools.catalog.candidates import candidates, list_beside, resource_gets
from tools.catalog.entries import entry_of
from tools.catalog.facts import make_facts

ROOT = Path(__file__).parents[3]


def section() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return text.partition("## Adding a resource type\n")[2].partition("\n## ")[0]


def example() -> str:
    found = re.search(r"^( *)```yaml\n(.*?)^ *```$", section(), re.MULTILINE | re.DOTALL)
    assert found
    return "".join(line.removeprefix(found[1]) for line in found[2].splitlines(keepends=True))


def test_the_example_is_a_catalog_once_the_tool_has_written_its_facts(tmp_path: Path) -> None:
    (tmp_path / "types.yaml").write_text(example(), "utf-8")
    assert main(["facts", "--folder", str(tmp_path)]) == 0
    facts = parse_operations((tmp_path / "sdk_operations.json").read_text("utf-8"))
    catalog = parse_catalog((tmp_path / "types.yaml").read_text("utf-8"), facts)
    told = re.search(r"This type's source is `(\w+)`", section())
    assert told
    assert [entry.source for entry in catalog.entries] == [told[1]]
    assert sorted(facts) == [
        "artifacts.ArtifactsClient.get_repository",
        "artifacts.ArtifactsClient.list_repositories",
    ]


def test_the_example_is_a_type_that_the_catalog_does_not_have_yet() -> None:
    (entry,) = parse_catalog(example(), make_facts(example())).entries
    assert load_catalog().entry(entry.name) is None


def test_the_proposal_is_the_example() -> None:
    (entry,) = parse_catalog(example(), make_facts(example())).entries
    told = re.search(r"`python -m tools\.catalog propose (\w+)`", section())
    assert told
    assert told[1] == entry.name
    proposed = [
        entry_of(entry.name, call, list_beside(call))
        for _, call in candidates(entry.name, list(resource_gets()))
    ]
    assert entry in proposed


def test_the_command_prints_entries_and_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["propose", "Bastion"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[:5] == [
        "# 1.00",
        "- name: Bastion",
        "  service: bastion",
        "  client: BastionClient",
        "  get: {operation: get_bastion, arguments: {bastion_id: identifier}}",
    ]
    assert printed[5].startswith("# The items of list_bastions lack clientCidrBlockAllowList, ")
    assert printed[6] == "# Bastion\tbastion\t-\tbastion.BastionClient.get_bastion\tlist_bastions"


def test_an_sdk_that_lacks_a_call_leaves_the_facts_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "types.yaml").write_text(example().replace("get_repository", "get_gone"), "utf-8")
    assert main(["facts", "--folder", str(tmp_path)]) == 1
    assert "artifacts.ArtifactsClient.get_gone" in capsys.readouterr().err
    assert not (tmp_path / "sdk_operations.json").exists()


def test_the_facts_that_are_here_are_what_the_tool_writes(tmp_path: Path) -> None:
    """Whoever forgets `make catalog` is told here."""
    here = ROOT / "inventory" / "catalog"
    (tmp_path / "types.yaml").write_text((here / "types.yaml").read_text("utf-8"), "utf-8")
    assert main(["facts", "--folder", str(tmp_path)]) == 0
    assert (tmp_path / "sdk_operations.json").read_text("utf-8") == (here / "sdk_operations.json").read_text(
        "utf-8"
    )


def test_the_proposal_finds_what_was_decided_for_most_types() -> None:
    """Names are alike more often than not; the catalog is what people made of it."""
    gets = list(resource_gets())
    sample = [entry for entry in load_catalog().entries if entry.get is not None][::40]
    right = [
        f"{entry.service}.{entry.client}.{entry.get.operation}"
        in {call.key for _, call in candidates(entry.name, gets)}
        for entry in sample
        if entry.get is not None
    ]
    assert sum(right) >= 0.7 * len(right)


def test_what_the_tool_derives_is_what_stands_in_the_catalog_for_most_types() -> None:
    """Where they differ, a person knew better."""
    calls = {call.key: call for call in resource_gets()}
    found = []
    for entry in load_catalog().entries:
        call = calls.get(f"{entry.service}.{entry.client}.{entry.get.operation}") if entry.get else None
        if call is not None:
            derived = entry_of(entry.name, call, list_beside(call))
            found.append((derived.get, derived.endpoint) == (entry.get, entry.endpoint))
    assert sum(found) >= 0.9 * len(found)
