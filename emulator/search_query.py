"""Parses Resource Search's query language into values.

    query <type>[, <type>...] resources [return allAdditionalFields | return <field>[, ...]]
        [where <conditions>] [matching '<text>'] [sorted by <field> [asc|desc]]

The clauses and operators are those of Oracle's "Search Language Syntax"; words are case-insensitive, strings
stand in single or double quotes, `&&` binds tighter than `||`. What is not documented was decided here on the
strict side: clauses only in this order, `<` and its kin only for times and numbers. What matches is left to
`search_match`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from emulator.search_fields import Field, Vocabulary
from emulator.wire import ServiceError

Value = str | float | bool | datetime

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<symbol>!==|!=|==|=~|>=|<=|&&|\|\||[=<>(),])
    |(?P<number>-?\d+(?:\.\d+)?)(?![\w.-])
    |(?P<word>[A-Za-z_][\w.-]*))""",
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = frozenset({"=", "!=", "==", "!==", "=~", ">", ">=", "<", "<="})
_ORDERING = frozenset({">", ">=", "<", "<="})
_RELATIVE = re.compile(r"now(?:\s*([+-])\s*(\d+)\s*(s|sec|m|min|h|d|w))?", re.IGNORECASE)
_UNITS = {
    "s": "seconds",
    "sec": "seconds",
    "m": "minutes",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`<field> <operator> <value>`; for a DATETIME field the value is an aware datetime."""

    field: Field
    operator: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Several conditions joined by `&&` (`every`) or `||`."""

    every: bool
    parts: tuple[Comparison | Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query.

    No `types` means all. `returned` is None without a return clause, and empty for all additional fields.
    """

    types: tuple[str, ...] = ()
    returned: tuple[str, ...] | None = None
    where: Comparison | Condition | None = None
    matching: str | None = None
    sort_field: Field | None = None
    descending: bool = False


def parse_query(text: str, *, vocabulary: Vocabulary, now: datetime) -> Query:
    """Parse one query; `now` is what relative times are counted from.

    Raises: ServiceError 400 InvalidParameter.
    """
    return _Parser(text, vocabulary, now).query()


def _wrong(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", f"The structured query is not valid: {message}.")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _wrong(f"unexpected character at position {position}")
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return found


class _Parser:
    def __init__(self, text: str, vocabulary: Vocabulary, now: datetime) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._vocabulary = vocabulary
        self._now = now
        self._types: tuple[str, ...] = ()

    def query(self) -> Query:
        self._expect("query")
        self._types = self._type_names()
        self._expect("resources")
        returned = self._returned() if self._accept("return") else None
        where = self._any_of() if self._accept("where") else None
        matching = self._string() if self._accept("matching") else None
        sort_field, descending = None, False
        if self._accept("sorted"):
            self._expect("by")
            sort_field = self._field()
            if sort_field.tag_part is not None or sort_field.is_array:
                raise _wrong(f"cannot sort by {sort_field.name}")
            descending = self._accept("desc")
            if not descending:
                self._accept("asc")
        if self._at < len(self._tokens):
            raise self._unexpected()
        return Query(
            types=self._types,
            returned=returned,
            where=where,
            matching=matching,
            sort_field=sort_field,
            descending=descending,
        )

    def _type_names(self) -> tuple[str, ...]:
        names = [self._word()]
        while self._accept(","):
            names.append(self._word())
        if [name.lower() for name in names] == ["all"]:
            return ()
        return tuple(self._vocabulary.type_named(name) for name in names)

    def _returned(self) -> tuple[str, ...]:
        if self._accept("allAdditionalFields"):
            return ()
        fields = [self._field().name]
        while self._accept(","):
            fields.append(self._field().name)
        return tuple(fields)

    def _any_of(self) -> Comparison | Condition:
        parts = [self._all_of()]
        while self._accept("||") or self._accept("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Condition(every=False, parts=tuple(parts))

    def _all_of(self) -> Comparison | Condition:
        parts = [self._operand()]
        while self._accept("&&") or self._accept("and"):
            parts.append(self._operand())
        return parts[0] if len(parts) == 1 else Condition(every=True, parts=tuple(parts))

    def _operand(self) -> Comparison | Condition:
        if self._accept("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        field = self._field()
        operator = self._next()
        if operator.kind != "symbol" or operator.text not in _OPERATORS:
            raise _wrong(f"'{operator.text}' at position {operator.position} is no comparison")
        return Comparison(field=field, operator=operator.text, value=self._value(field, operator.text))

    def _field(self) -> Field:
        return self._vocabulary.field_named(self._word(), self._types)

    def _value(self, field: Field, operator: str) -> Value:
        token = self._next()
        text = _unquote(token.text) if token.kind == "string" else token.text
        if operator == "=~":
            if field.kind in {"DATETIME", "INTEGER"} or token.kind != "string":
                raise _wrong(f"=~ needs a string field and a string, at position {token.position}")
            try:
                re.compile(text)
            except re.error:
                raise _wrong(f"'{text}' is no regular expression") from None
            return text
        if field.kind == "DATETIME" and token.kind == "string":
            return _moment(text, self._now)
        if field.kind == "INTEGER":
            try:
                return float(text)
            except ValueError:
                raise _wrong(f"{field.name} needs a number") from None
        if token.kind == "string" and field.kind != "DATETIME":
            if operator in _ORDERING:
                raise _wrong(f"{operator} cannot compare {field.name}")
            return text
        raise _wrong(f"'{token.text}' at position {token.position} is no value for {field.name}")

    def _string(self) -> str:
        token = self._next()
        if token.kind != "string":
            raise _wrong(f"a quoted text is expected at position {token.position}")
        return _unquote(token.text)

    def _word(self) -> str:
        token = self._next()
        if token.kind != "word":
            raise _wrong(f"a name is expected at position {token.position}, not '{token.text}'")
        return token.text

    def _next(self) -> _Token:
        if self._at == len(self._tokens):
            raise _wrong("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, word: str) -> bool:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind != "string" and token.text.lower() == word.lower():
                self._at += 1
                return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected(f", '{word}' is expected")

    def _unexpected(self, hint: str = "") -> ServiceError:
        if self._at == len(self._tokens):
            return _wrong(f"it ends too early{hint}")
        token = self._tokens[self._at]
        return _wrong(f"unexpected '{token.text}' at position {token.position}{hint}")


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _moment(text: str, now: datetime) -> datetime:
    relative = _RELATIVE.fullmatch(text.strip())
    if relative:
        sign, count, unit = relative.groups()
        if sign is None:
            return now
        distance = timedelta(**{_UNITS[unit.lower()]: int(count)})
        return now + distance if sign == "+" else now - distance
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _wrong(f"'{text}' is no time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
