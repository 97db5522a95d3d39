"""What a run tells of redactions: types, places and counts; neither values nor names that users chose."""

from __future__ import annotations

import re

import pytest

from inventory.model.checkpoint import Tally
from inventory.roles.region.tallying import TallyBook
from inventory.stages.redact import Redactor
from tests.unit.stages.redaction_cases import LOG, Case, read_cases, texts_of

SECRETS = [case for case in read_cases("secrets") if case.place != LOG]


def told(case: Case) -> dict[str, int]:
    """What is counted after the two looks that a worker takes: at Search's item, and at the details."""
    redactor = Redactor()
    record, found = redactor.redact_record(case.record(case.value))
    book = TallyBook(Tally())
    for pointer in found:
        book.redacted("Thing", pointer)
    _, again = redactor.redact_record(record)
    _, once_more = redactor.redact(record["details"]["metadata"], ("details", "metadata"))
    assert again == once_more == []
    return dict(book.tally({}).redactions)


@pytest.mark.parametrize("case", SECRETS, ids=lambda case: case.name)
def test_a_redaction_is_counted_once_by_type_and_place(case: Case) -> None:
    ((place, count),) = told(case).items()
    assert count == 1
    assert re.fullmatch(r"Thing:(/[^/]+)+", place)
    secret = {word for text in texts_of(case.value) for word in re.findall(r"\w{6,}", text)}
    assert [word for word in secret if word in place and word not in case.path] == []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("freeformTags", "db-password"), "/freeformTags/*"),
        (("definedTags", "Operations", "AdminPassword"), "/definedTags/*"),
        (("details", "metadata", "metadata", "user_data"), "/details/metadata/metadata/*"),
        (("details", "metadata", "config", "API_TOKEN"), "/details/metadata/config/*"),
        (("details", "metadata", "sshPublicKeys", "0"), "/details/metadata/sshPublicKeys/*"),
        (("details", "metadata", "tunnels", "0", "sharedSecret"), "/details/metadata/tunnels/*/sharedSecret"),
        (("details", "metadata", "adminPassword"), "/details/metadata/adminPassword"),
    ],
)
def test_names_that_users_chose_and_positions_are_starred(path: tuple[str, ...], place: str) -> None:
    (case,) = [case for case in SECRETS if case.path == path]
    assert told(case) == {f"Thing:{place}": 1}
