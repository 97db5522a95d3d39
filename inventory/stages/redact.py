"""Taking secrets out of values before they leave a worker.

Applies the tables of `secrets` and `secret_forms`, and the fields that a setting adds. Says where something
was replaced, never what it was. Values are JSON; what is not replaced is shared with the input, which is not
changed. Most values hold no secret, and a quick look tells so; it never decides what a full one would not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import is_, itemgetter

from inventory.model.canonical import JsonValue, canonical_line, sha256_hex
from inventory.model.ocid import is_ocid
from inventory.model.record import Record
from inventory.stages.secret_forms import LONG_CHARACTERS, SECRET_FORMS, SecretForm
from inventory.stages.secrets import (
    DESCRIBING_ENDINGS,
    FREE_ENDINGS,
    FREE_NAMES,
    OWN_TEXT_ENDINGS,
    OWN_TEXT_NAMES,
    PAIR_NAMES,
    PAIR_VALUES,
    REDACTED,
    SECRET_ENDINGS,
    TEXT_NAMES,
    TOLD_BY,
)

#: The fields of a record that can hold secrets; the others are identifiers, states and times.
REDACTED_FIELDS = ("displayName", "definedTags", "freeformTags", "enrichError", "details")

# How much a field's name says about its value: nothing; that its own text is a secret; its own text and
# those below it; everything below it, numbers included.
_OPEN, _OWN_TEXT, _TEXT, _SECRET = 0, 1, 2, 3

# Raised when the tables are applied in another way, so that the fingerprint tells it.
_METHOD = 2

_MAX_KNOWN_NAMES = 8192
_MAX_KNOWN_TEXTS = 16384
_SHORT_TEXT = 128
_HOLDERS = (dict, list, tuple)
_NOT_ALPHANUMERIC = re.compile(r"[^0-9a-z]")


class Redactor:
    """Replaces secrets by `[REDACTED]`; safe to use from several threads.

    `extra_fields` are further names of fields (compared as wholes) that hold secrets. `fingerprint`
    changes whenever other rules apply. What was redacted before is not changed again, nor counted.
    """

    def __init__(self, extra_fields: Iterable[str] = ()) -> None:
        self._extra_names = frozenset(filter(None, map(_folded, extra_fields)))
        self._secrecy = lru_cache(maxsize=_MAX_KNOWN_NAMES)(self._secrecy_of_name)
        # Names that say nothing anywhere; threads may add the same one twice, and do no harm.
        self._plain_names: set[str] = set()
        # Short texts without a secret's form, of values in which no name said anything either.
        self._plain_texts: set[str] = set()
        self.fingerprint = sha256_hex(canonical_line([*_rules(), sorted(self._extra_names)]))

    def redact(self, value: JsonValue, path: Sequence[str] = ()) -> tuple[JsonValue, list[str]]:
        """The value without secrets, and the sorted JSON pointers (below `path`) of what was replaced."""
        texts: list[str] = []
        has_plain_names = self._look(value, texts)
        unknown = set(texts) - self._plain_texts
        forms = _forms_in(unknown)
        if has_plain_names and not forms:
            self._remember(unknown)
            return value, []
        found: list[str] = []
        redacted = self._redacted(value, _OPEN, forms, list(path), found)
        return redacted, sorted(found)

    def redact_record(self, record: Record) -> tuple[Record, list[str]]:
        """The record without secrets, and the sorted JSON pointers of what was replaced."""
        parts = {field: record[field] for field in REDACTED_FIELDS if field in record}
        redacted, found = self.redact(parts)
        return ({**record, **redacted} if found else record), found

    def _look(self, value: JsonValue, texts: list[str]) -> bool:
        """Collect all texts; false where a name may say that something is a secret."""
        has_plain_names = True
        is_plain = self._plain_names.issuperset
        waiting: list[JsonValue] = [(value,)]
        for node in waiting:
            if isinstance(node, dict):
                if not is_plain(node) and not self._learn_names(node):
                    has_plain_names = False
                node = node.values()
            for item in node:
                kind = type(item)
                if kind is str:
                    texts.append(item)
                elif item and isinstance(item, (dict, list, tuple)):
                    waiting.append(item)
        return has_plain_names

    def _learn_names(self, value: dict[str, JsonValue]) -> bool:
        """Whether none of an object's names says anything; remembers those that never do."""
        is_plain = True
        for name in value:
            if name in self._plain_names:
                continue
            if name in PAIR_VALUES:
                is_plain = is_plain and not self._pair_secrecy(value)
            elif name in TOLD_BY or self._secrecy(name) or _folded(name).endswith(FREE_ENDINGS):
                is_plain = False
            else:
                if len(self._plain_names) >= _MAX_KNOWN_NAMES:
                    self._plain_names.clear()
                self._plain_names.add(name)
        return is_plain

    def _remember(self, texts: set[str]) -> None:
        """Remember texts without secrets, for most of what resources say, they say in common."""
        if len(self._plain_texts) >= _MAX_KNOWN_TEXTS:
            self._plain_texts.clear()
        self._plain_texts.update([text for text in texts if len(text) <= _SHORT_TEXT])

    def _secrecy_of_name(self, name: str) -> int:
        folded = _folded(name)
        if folded in self._extra_names or folded.endswith(SECRET_ENDINGS):
            return _SECRET
        if folded in TEXT_NAMES:
            return _TEXT
        return _OWN_TEXT if folded in OWN_TEXT_NAMES or folded.endswith(OWN_TEXT_ENDINGS) else _OPEN

    def _redacted(
        self,
        value: JsonValue,
        secrecy: int,
        forms: _FormsByText,
        path: list[str],
        found: list[str],
    ) -> JsonValue:
        """The value itself where nothing had to be replaced, else a copy."""
        if isinstance(value, str):
            replaced = _redacted_text(value, secrecy, forms.get(value, ()))
        elif isinstance(value, dict):
            return self._redacted_object(value, secrecy, forms, path, found)
        elif isinstance(value, (list, tuple)):
            items = []
            for index, item in enumerate(value):
                path.append(str(index))
                items.append(self._redacted(item, secrecy, forms, path, found))
                path.pop()
            return value if all(map(is_, items, value)) else items
        elif secrecy == _SECRET and not isinstance(value, bool) and value is not None:
            replaced = REDACTED
        else:
            return value
        if replaced == value:
            return value
        found.append(_pointer(path))
        return replaced

    def _redacted_object(
        self,
        value: dict[str, JsonValue],
        secrecy: int,
        forms: _FormsByText,
        path: list[str],
        found: list[str],
    ) -> JsonValue:
        is_plain = secrecy < _TEXT and self._plain_names.issuperset(value)
        secrecies = {} if is_plain else self._secrecies(value, secrecy, path)
        changes: dict[str, JsonValue] = {}
        for key, item in value.items():
            item_secrecy = secrecies.get(key, _OPEN)
            if not item_secrecy and (not item or (not isinstance(item, _HOLDERS) and item not in forms)):
                continue
            path.append(key)
            replaced = self._redacted(item, item_secrecy, forms, path, found)
            path.pop()
            if replaced is not item:
                changes[key] = replaced
        return {**value, **changes} if changes else value

    def _secrecies(self, value: dict[str, JsonValue], secrecy: int, path: list[str]) -> dict[str, int]:
        """What an object's names and its own secrecy say about its fields."""
        # Below a secret name texts are secrets, but numbers describe them.
        inherited = _TEXT if secrecy >= _TEXT else _OPEN
        pair = self._pair_secrecy(value)
        told = [TOLD_BY[name] for name in TOLD_BY if name in value]
        names_are_free = _is_below_free_name(path)
        secrecies: dict[str, int] = {}
        for key in value:
            secrecies[key] = self._secrecy(key)
            if not secrecies[key] and inherited and not _folded(key).endswith(DESCRIBING_ENDINGS):
                secrecies[key] = inherited
            if names_are_free and not secrecies[key] and _folded(key).endswith(FREE_ENDINGS):
                secrecies[key] = _TEXT
            if pair and key in PAIR_VALUES:
                secrecies[key] = pair
            if key in told:
                secrecies[key] = _TEXT
        return secrecies

    def _pair_secrecy(self, value: dict[str, JsonValue]) -> int:
        """What the name in a `{"name": ..., "value": ...}` object says about its value."""
        for field in PAIR_NAMES:
            name = value.get(field)
            if isinstance(name, str):
                return self._secrecy(name) or (_TEXT if _folded(name).endswith(FREE_ENDINGS) else _OPEN)
        return _OPEN


def _is_below_free_name(path: list[str]) -> bool:
    # `details.metadata` itself is the service's answer, whose names are the service's.
    names = path[2:] if path[:1] == ["details"] else path
    return any(_folded(name) in FREE_NAMES for name in names)


def _redacted_text(text: str, secrecy: int, forms: tuple[SecretForm, ...]) -> str:
    if secrecy:
        # An OCID under such a name refers to a secret kept elsewhere.
        return text if not text or is_ocid(text) else REDACTED
    if forms and not (text[:6] == _REFERENCE and _is_plain_reference(text)):
        lowered = text.lower()
        for form in forms:
            if form.may_be_in(lowered):
                text = form.pattern.sub(form.replacement, text)
    return text


_REFERENCE = "ocid1."


def _is_plain_reference(text: str) -> bool:
    """Whether an OCID is one through and through, so that no form is looked for in its random letters."""
    return text.replace(".", "").replace("-", "").isalnum()


# The texts that hold secrets, each with the forms to look for, which are all that occur in any of them.
_FormsByText = dict[str, tuple[SecretForm, ...]]


def _forms_in(texts: set[str]) -> _FormsByText:
    """The texts of these in which forms occur; usually none."""
    others = [text for text in texts if text[:6] != _REFERENCE]
    references = [text for text in texts if text[:6] == _REFERENCE]
    if references and not _is_plain_reference("".join(references)):
        others += references
    possible = _marked(_SHORT_FORMS, "\n".join(others).lower())
    long = "\n".join([text for text in others if len(text) >= LONG_CHARACTERS]).lower()
    if _ANY_MARKER.search(long):
        possible += _marked(_LONG_FORMS, long)
    if not possible:
        return {}
    lowered = [(text, text.lower()) for text in others]
    present: set[str] = set()
    holding: set[str] = set()
    for form in possible:
        held = [text for text, low in lowered if form.may_be_in(low) and form.pattern.search(text)]
        if held:
            present.add(form.name)
            holding.update(held)
    return dict.fromkeys(holding, tuple(form for form in SECRET_FORMS if form.name in present))


# Forms by what stands beside them, since one look then answers for several.
_ByBeside = dict[str, list[SecretForm]]


def _marked(groups: _ByBeside, lowered: str) -> list[SecretForm]:
    possible: list[SecretForm] = []
    for beside, forms in groups.items():
        if beside in lowered:
            possible += [form for form in forms if form.may_be_in(lowered)]
    return possible


def _by_beside(forms: Iterable[SecretForm]) -> _ByBeside:
    groups: _ByBeside = {}
    for form in forms:
        groups.setdefault(form.beside, []).append(form)
    return groups


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """A search for many words at once, by their first letters: five times as fast as one after the other."""
    by_first = [
        re.escape(first) + "(?:" + "|".join(re.escape(word[1:]) for word in group) + ")"
        for first, group in groupby(sorted(set(words)), key=itemgetter(0))
    ]
    return re.compile("|".join(by_first))


_SHORT_FORMS = _by_beside(form for form in SECRET_FORMS if form.is_short)
_LONG_FORMS = _by_beside(form for form in SECRET_FORMS if not form.is_short)
_ANY_MARKER = _any_of(marker for form in SECRET_FORMS if not form.is_short for marker in form.markers)


def _rules() -> list[JsonValue]:
    """Everything that decides what is a secret, as JSON."""
    forms: list[JsonValue] = [
        [form.name, *form.markers, form.beside, form.pattern.pattern, form.replacement]
        for form in SECRET_FORMS
    ]
    names = (TEXT_NAMES, OWN_TEXT_NAMES, FREE_NAMES, PAIR_NAMES, PAIR_VALUES)
    endings = (OWN_TEXT_ENDINGS, SECRET_ENDINGS, FREE_ENDINGS, DESCRIBING_ENDINGS)
    return [_METHOD, REDACTED, TOLD_BY, *map(sorted, names), *map(sorted, endings), forms]


@lru_cache(maxsize=_MAX_KNOWN_NAMES)
def _folded(name: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", name.lower())


def _pointer(path: Sequence[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
