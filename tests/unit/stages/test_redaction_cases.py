"""Secrets where they stand in OCI's answers, and their look-alikes; `tests/data/redaction` has the cases."""

from __future__ import annotations

import copy
import json
import logging
import random
import re
import time
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.logs import JsonFormatter, PlainFormatter
from inventory.model.canonical import canonical_line
from inventory.stages import redact, secret_forms, secrets
from inventory.stages.redact import Redactor
from inventory.stages.secret_forms import LONG_CHARACTERS, SECRET_FORMS, SecretForm
from inventory.stages.secrets import REDACTED
from tests.unit.stages.redaction_cases import LOG, Case, read_cases, texts_of

REDACTOR = Redactor()
SECRETS = read_cases("secrets")
LOOK_ALIKES = read_cases("look_alikes")
IN_RECORDS = [case for case in (*SECRETS, *LOOK_ALIKES) if case.place != LOG]


def named(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=f"{number}-{case.name}") for number, case in enumerate(cases)]


@pytest.mark.parametrize("case", named([case for case in SECRETS if case.place != LOG]))
def test_a_secret_is_replaced_and_nothing_around_it(case: Case) -> None:
    record = case.record(case.value)
    before = copy.deepcopy(record)
    redacted, found = REDACTOR.redact_record(record)
    assert redacted == case.record(case.becomes)
    assert record == before
    assert len(found) == 1
    assert found[0].startswith("/" + "/".join(case.path).replace("~", "~0"))
    for word in hidden_words(case):
        assert word not in canonical_line(redacted).decode()
        assert word not in "".join(found)


def hidden_words(case: Case) -> set[str]:
    """The words of the value that do not stand in what it becomes."""
    words = {word for text in texts_of(case.value) for word in re.findall(r"\w{6,}", text)}
    remaining = canonical_line(case.record(case.becomes)).decode()
    return {word for word in words if word not in remaining}


@pytest.mark.parametrize("case", named([case for case in LOOK_ALIKES if case.place != LOG]))
def test_a_look_alike_stays(case: Case) -> None:
    record = case.record(case.value)
    redacted, found = REDACTOR.redact_record(record)
    assert redacted is record
    assert found == []


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()], ids=["json", "plain"])
@pytest.mark.parametrize("case", named([case for case in (*SECRETS, *LOOK_ALIKES) if case.place == LOG]))
def test_an_event_of_the_log_tells_look_alikes_and_no_secrets(
    case: Case, formatter: logging.Formatter
) -> None:
    event = logging.makeLogRecord(
        {"name": "inventory", "msg": "thing_failed", "fields": case.record(case.value)}
    )
    line = formatter.format(event)
    told = case.record(case.becomes)
    assert all(json.dumps(text)[1:-1] in line for text in texts_of(told))
    assert [word for word in hidden_words(case) if word in line] == []


@pytest.mark.parametrize("case", named([case for case in SECRETS if case.place == "details.metadata"]))
def test_metadata_alone_is_redacted_as_it_is_within_its_record(case: Case) -> None:
    """A worker redacts what Search shows first, and the details when they have come."""
    record = case.record(case.value)
    whole, found = REDACTOR.redact_record(record)
    early = {**record, "details": {"searchSummary": record["details"]["searchSummary"]}}
    assert REDACTOR.redact_record(early) == (early, [])
    alone, found_alone = REDACTOR.redact(record["details"]["metadata"], ("details", "metadata"))
    assert alone == whole["details"]["metadata"]
    assert found_alone == found


def test_there_are_enough_cases_of_both_kinds_in_every_place() -> None:
    assert len(SECRETS) >= 70
    assert len(LOOK_ALIKES) >= 70
    places = {"searchSummary", "additionalDetails", "details.metadata", "freeformTags", "definedTags"}
    for cases in (SECRETS, LOOK_ALIKES):
        assert {case.place for case in cases} == places | {"enrichError", LOG}


@pytest.mark.parametrize("form", SECRET_FORMS, ids=lambda form: form.name)
def test_every_form_has_a_case_that_no_name_tells(form: SecretForm) -> None:
    texts = [text for case in SECRETS for text in texts_of(case.value) if form.pattern.search(text)]
    assert texts
    for text in texts:
        assert REDACTED in REDACTOR.redact({"x": text})[0]["x"]


@pytest.mark.parametrize("form", SECRET_FORMS, ids=lambda form: form.name)
def test_what_is_looked_for_first_stands_in_every_text_with_the_form(form: SecretForm) -> None:
    texts = [text for case in (*SECRETS, *LOOK_ALIKES) for text in texts_of(case.value)]
    with_form = [text.lower() for text in texts if form.pattern.search(text)]
    assert [text for text in with_form if not any(marker in text for marker in form.markers)] == []
    assert [text for text in with_form if form.beside not in text] == []
    assert form.markers == tuple(marker.lower() for marker in form.markers)
    assert all(form.markers)


@pytest.mark.parametrize("form", SECRET_FORMS, ids=lambda form: form.name)
def test_only_short_forms_fit_into_short_texts(form: SecretForm) -> None:
    shortest, _ = _parser.parse(form.pattern.pattern, form.pattern.flags).getwidth()
    assert form.is_short == (shortest < LONG_CHARACTERS)


WORDS = (
    *(
        "a",
        "a_",
        "a@",
        "-",
        "--",
        "=",
        '"',
        " ",
        "1.",
        "/p/",
        "$1$",
        "eyJ",
        "eyJaaaaaaaa.",
        "://a:",
        "https://",
    ),
    *("-----BEGIN PRIVATE KEY", "ssh-rsa AAAA", "IyEv", "MIIEaaIBAAK", "QUklWQVRFIEtFW", "A/b+"),
    *("password=", "password: ", 'password="', "password':'", "token-", "token=", "--token ", "--token-"),
    *("authorization:", "authorization: a ", "bearer ", "basic ", "x-api-key:", "signature=", "otpauth://"),
    *("pre-shared-key:", "pre-shared-key local ", "sqlplus -s ", "jdbc:oracle:thin:a/", "curl -", "{SHA}"),
    *("identified by '", "private-lines: 1 ", "abc\n", "password: a\n", "secret key token pass pwd "),
)


@pytest.mark.parametrize("form", SECRET_FORMS, ids=lambda form: form.name)
def test_no_text_keeps_a_form_busy(form: SecretForm) -> None:
    """Were it tried anew at each of 50,000 characters, to the end, that would take a second or minutes."""
    for word in WORDS:
        text = word * (50_000 // len(word))
        began = time.process_time()
        form.pattern.sub(form.replacement, text)
        assert time.process_time() - began < 0.6, word


class _Thorough(Redactor):
    """A redactor that looks at every field and for every form, whatever was seen before."""

    def _learn_names(self, value: dict[str, Any]) -> bool:
        return False

    def _remember(self, texts: set[str]) -> None:
        pass


def _redacted_thoroughly(value: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redact, "_forms_in", lambda texts: dict.fromkeys(texts, SECRET_FORMS))
        return _Thorough(["ownSecret"]).redact(value)


def test_the_quick_look_overlooks_nothing() -> None:
    """With and without it the same is replaced, also where many texts stand in one record."""
    records = [case.record(case.value) for case in IN_RECORDS]
    chance = random.Random(1)
    together = [[chance.choice(records) for _ in range(5)] for _ in range(100)]
    for value in (*records, *together):
        assert Redactor(["ownSecret"]).redact(value) == _redacted_thoroughly(value)


_NAMES = (
    *("id", "displayName", "shape", "lanes", "ownSecret", "password", "token", "tokenExpiry"),
    *secrets.PAIR_NAMES,
    *secrets.PAIR_VALUES,
    *secrets.TOLD_BY,
    *secrets.TOLD_BY.values(),
    *secrets.FREE_NAMES,
    *secrets.FREE_ENDINGS,
    *secrets.TEXT_NAMES,
    *secrets.OWN_TEXT_NAMES,
    *(f"x{ending}" for ending in secrets.SECRET_ENDINGS),
    *(f"x{ending}" for ending in secrets.DESCRIBING_ENDINGS),
)
_TEXTS = (
    *(text for case in IN_RECORDS for text in texts_of(case.value)),
    *("", "web", "ocid1.vcn.oc1.iad.abc", "ocid1.key.oc1.iad.pwd=hunter2hunter2", "2026-01-01T00:00:00Z"),
)
_JSON = st.recursive(
    st.sampled_from(_TEXTS) | st.integers(0, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)
_WARM = Redactor(["ownSecret"])


@settings(max_examples=400, deadline=None)
@given(_JSON)
def test_a_redactor_that_remembers_replaces_what_a_thorough_one_does(value: Any) -> None:
    """`_WARM` remembers names and texts of all examples before this one."""
    for path in ((), ("details", "metadata")):
        assert _WARM.redact(value, path)[0] == Redactor(["ownSecret"]).redact(value, path)[0]
    assert _WARM.redact(value) == _redacted_thoroughly(value)


def test_what_was_seen_before_changes_no_answer() -> None:
    """A redactor remembers names; in whichever order it meets records, it answers the same."""
    records = [case.record(case.value) for case in IN_RECORDS]
    expected = [canonical_line(list(Redactor().redact_record(record))) for record in records]
    for seed in range(3):
        order = list(range(len(records)))
        random.Random(seed).shuffle(order)
        redactor = Redactor()
        for number in order:
            assert canonical_line(list(redactor.redact_record(records[number]))) == expected[number]


def test_more_names_and_texts_than_are_remembered_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_MAX_KNOWN_NAMES", 4)
    monkeypatch.setattr(redact, "_MAX_KNOWN_TEXTS", 4)
    redactor = Redactor()
    for case in IN_RECORDS:
        assert redactor.redact_record(case.record(case.value))[0] == case.record(case.becomes)


# Texts of the cases, alone, joined and cut; names of the cases, so that both rules meet.
TEXTS = sorted({text for case in (*SECRETS, *LOOK_ALIKES) for text in texts_of(case.value)})
NAMES = sorted({case.path[-1] for case in IN_RECORDS} | {"name", "key", "value", "auths", "x"})
texts = (
    st.sampled_from(TEXTS)
    | st.builds("{}{}{}".format, st.sampled_from(TEXTS), st.sampled_from(" ,;\n'\""), st.sampled_from(TEXTS))
    | st.builds(lambda text, length: text[:length], st.sampled_from(TEXTS), st.integers(0, 60))
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(NAMES), children, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
@settings(deadline=None, max_examples=500)
def test_what_was_redacted_is_neither_changed_nor_counted_again(value: Any) -> None:
    once, _ = REDACTOR.redact(value, ("details", "metadata"))
    twice, found = REDACTOR.redact(once, ("details", "metadata"))
    assert found == []
    assert twice is once


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (redact, "SECRET_FORMS", SECRET_FORMS[1:]),
        (redact, "SECRET_FORMS", SECRET_FORMS[::-1]),
        (redact, "TEXT_NAMES", secrets.TEXT_NAMES | {"nonce"}),
        (redact, "OWN_TEXT_NAMES", frozenset()),
        (redact, "OWN_TEXT_ENDINGS", ()),
        (redact, "SECRET_ENDINGS", secrets.SECRET_ENDINGS[1:]),
        (redact, "FREE_ENDINGS", (*secrets.FREE_ENDINGS, "nonce")),
        (redact, "FREE_NAMES", secrets.FREE_NAMES - {"config"}),
        (redact, "DESCRIBING_ENDINGS", ("type",)),
        (redact, "PAIR_VALUES", frozenset({"value"})),
        (redact, "TOLD_BY", {}),
        (redact, "REDACTED", "***"),
        (redact, "_METHOD", 0),
    ],
)
def test_other_rules_have_another_fingerprint(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, value: Any
) -> None:
    monkeypatch.setattr(module, name, value)
    assert Redactor().fingerprint != REDACTOR.fingerprint


def test_a_form_that_changes_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    first = SECRET_FORMS[0]
    changed = secret_forms.SecretForm(name=first.name, markers=first.markers, pattern=re.compile("other"))
    monkeypatch.setattr(redact, "SECRET_FORMS", (changed, *SECRET_FORMS[1:]))
    assert Redactor().fingerprint != REDACTOR.fingerprint
