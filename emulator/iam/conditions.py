"""Conditions: the part of a policy statement behind `where`, and the matching rule of a dynamic group.

`variable = 'value'`, `variable != 'value'`, a pattern such as `/HR*/` in a value's place, and `any {...}` and
`all {...}` of those, one in another. Decides how such a text is read and when it holds; which variables there
are, and what they are for a request, is left to others.
Sources: Oracle's pages on conditions in policies, on advanced policy features and on matching rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

# A name may be preceded by its identity domain's: 'domain'/'name'.
_TOKEN = re.compile(r"'[^']*'(?:/'[^']*')?|/[^/]*/|!=|[={},]|[\w.:@-]+")
_SPACE = re.compile(r"\s*")


class PolicySyntaxError(ValueError):
    """A text that is no policy statement or rule; says which one it is, where in it, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One variable against one value; `value` matches whole texts, whatever their case."""

    variable: str
    value: re.Pattern[str]
    is_equal: bool

    def outcome(self, values: Mapping[str, str], *, is_open: bool) -> bool | None:
        """See `Condition`."""
        found = values.get(self.variable)
        if found is not None:
            return (self.value.fullmatch(found) is not None) == self.is_equal
        # A variable that does not apply declines the request, whichever way it is compared.
        return None if is_open and self.variable.startswith("target.") else False


@dataclass(frozen=True, slots=True)
class Group:
    """`all` or `any` of some conditions."""

    is_all: bool
    members: tuple[Condition, ...]

    def outcome(self, values: Mapping[str, str], *, is_open: bool) -> bool | None:
        """See `Condition`."""
        outcomes = {member.outcome(values, is_open=is_open) for member in self.members}
        decisive = not self.is_all
        if decisive in outcomes:
            return decisive
        return None if None in outcomes else self.is_all


#: `outcome(values, is_open=...)` says whether it holds for these variables. While the target is not known
#: (`is_open`), None says that it depends on it.
Condition = Comparison | Group


class Reader:
    """A text's words one after the other; `kind` is what the text is, for the errors."""

    def __init__(self, text: str, *, kind: str) -> None:
        self.text = text
        self._kind = kind
        self._tokens = list(self._split(text))
        self._next = 0

    def _split(self, text: str) -> list[tuple[int, str]]:
        tokens = []
        position = 0
        while True:
            space = _SPACE.match(text, position)
            position = space.end() if space else position
            if position == len(text):
                return tokens
            found = _TOKEN.match(text, position)
            if found is None:
                raise PolicySyntaxError(self._told(position, f"{text[position]!r} means nothing here"))
            tokens.append((position, found[0]))
            position = found.end()

    def peek(self) -> str:
        """The next word in lower case; nothing at the end."""
        return self._tokens[self._next][1].lower() if self._next < len(self._tokens) else ""

    def take(self, *expected: str) -> str:
        """The next word as it stands, which must be one of these if any are named."""
        if self._next == len(self._tokens) or (expected and self.peek() not in expected):
            self.fail(f"{' or '.join(map(repr, expected)) or 'more'} is expected")
        self._next += 1
        return self._tokens[self._next - 1][1]

    def take_if(self, word: str) -> bool:
        """Whether the next word is this one; then it is taken."""
        if self.peek() != word:
            return False
        self._next += 1
        return True

    def name(self) -> str:
        """A name, with or without its quotation marks."""
        word = self.take()
        if word[0] in "/!={},":
            self._next -= 1
            self.fail("a name is expected")
        return word.replace("'", "")

    def end(self) -> None:
        """Nothing may follow."""
        if self._next < len(self._tokens):
            self.fail("nothing more is expected")

    def fail(self, message: str, *, back: int = 0) -> NoReturn:
        """Raise what is wrong with the next word, or with one `back` from it."""
        at = self._next - back
        position = self._tokens[at][0] if at < len(self._tokens) else len(self.text)
        raise PolicySyntaxError(self._told(position, message))

    def _told(self, position: int, message: str) -> str:
        return f"{self._kind} {self.text!r}, at character {position + 1}: {message}"


def read_condition(reader: Reader, variables: Collection[str]) -> Condition:
    """The condition that comes next; `variables` are those that it may name. Raises PolicySyntaxError."""
    if reader.peek() in ("any", "all"):
        is_all = reader.take().lower() == "all"
        reader.take("{")
        members = [read_condition(reader, variables)]
        while reader.take("}", ",") == ",":
            members.append(read_condition(reader, variables))
        return Group(is_all, tuple(members))
    variable = reader.take().lower()
    if variable not in variables:
        reader.fail(f"there is no variable {variable!r}", back=1)
    is_equal = reader.take("=", "!=") == "="
    value = reader.take()
    if value.startswith("/"):
        pattern = ".*".join(re.escape(part) for part in value[1:-1].split("*"))
    elif value.startswith("'") and value.count("'") == 2:
        pattern = re.escape(value[1:-1])
    else:
        reader.fail("a value in quotation marks or a pattern is expected", back=1)
    return Comparison(variable, re.compile(pattern, re.IGNORECASE | re.DOTALL), is_equal)


def parse_rule(text: str) -> Condition:
    """A dynamic group's matching rule over resources: their id, type and compartment.

    Raises PolicySyntaxError.
    """
    reader = Reader(text, kind="matching rule")
    rule = read_condition(reader, ("resource.id", "resource.type", "resource.compartment.id"))
    reader.end()
    return rule


def variables_of(condition: Condition | None) -> frozenset[str]:
    """The variables that a condition names."""
    if condition is None:
        return frozenset()
    if isinstance(condition, Comparison):
        return frozenset((condition.variable,))
    found: Callable[..., frozenset[str]] = frozenset().union
    return found(*map(variables_of, condition.members))
