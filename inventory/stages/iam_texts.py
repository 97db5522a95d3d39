"""The texts of IAM that have a grammar: policy statements and matching rules of dynamic groups.

Only OCIDs become relationships. What a text names otherwise (`group Admins`, `in compartment A:B`) cannot be
resolved from one record, and `in tenancy` names nothing. Conditions of statements (`where ...`) say when a
grant holds, not to whom, and are left out; so are a rule's tags, and what it rules out by `!=`.
Source: Oracle's documentation of policy syntax and of matching rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

_OCID = r"ocid1\.[\w-]+\.[\w-]*\.[\w-]*(?:\.[\w-]+)+"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_CONDITION = re.compile(r"\swhere\s", re.IGNORECASE)
_IS_DENIAL = re.compile(r"\s*deny\s", re.IGNORECASE)
# `group id A`, `group id A, id B`, `dynamic-group id A, B`, and `define group G as A`.
_SUBJECTS = re.compile(
    rf"(?:^|[\s,])(?:dynamic-)?group\s+id\s+({_OCID}(?:\s*,\s*(?:id\s+)?{_OCID})*)"
    rf"|^\s*define\s+(?:dynamic-)?group\s+\S+\s+as\s+({_OCID})",
    re.IGNORECASE,
)
_PLACE = re.compile(rf"\sin\s+compartment\s+id\s+({_OCID})(?![\w.-])", re.IGNORECASE)
_EACH = re.compile(_OCID, re.IGNORECASE)
# A quoted value in front of a match is consumed, so that nothing in it is taken for a condition.
_MATCH = re.compile(
    rf"(?<![\w.-])(?:resource|instance)(\.compartment)?\.id\s*=\s*(['\"])({_OCID})\2|'[^']*'|\"[^\"]*\"",
    re.IGNORECASE,
)


def policy_references(statement: str) -> Iterator[tuple[str, str]]:
    """The groups that a statement names by OCID, and the compartment in which it holds.

    (GRANTS_TO, group) and (GRANTS_IN, compartment); of a `deny` statement DENIES_TO and DENIES_IN.
    """
    verb = "DENIES" if _IS_DENIAL.match(statement) else "GRANTS"
    text = _CONDITION.split(_QUOTED.sub("''", statement), maxsplit=1)[0]
    for subject in _SUBJECTS.finditer(text):
        for ocid in _EACH.findall(subject[1] or subject[2]):
            yield f"{verb}_TO", ocid
    for place in _PLACE.finditer(text):
        yield f"{verb}_IN", place[1]


def rule_references(rule: str) -> Iterator[tuple[str, str]]:
    """What a matching rule takes in: (MATCHES_IN, compartment) and (MATCHES, resource)."""
    for match in _MATCH.finditer(rule):
        if match[3]:
            yield "MATCHES_IN" if match[1] else "MATCHES", match[3]


#: Type, or the kind in its OCIDs, lower case -> the field that holds the text, or a list of them, and its
#: reader.
GRAMMARS: Mapping[str, tuple[str, Callable[[str], Iterator[tuple[str, str]]]]] = {
    "dynamicgroup": ("matchingRule", rule_references),
    "dynamicresourcegroup": ("matchingRule", rule_references),
    "policy": ("statements", policy_references),
}
