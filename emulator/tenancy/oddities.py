"""What is unusual in a generated tenancy, how often, and by which name the truth calls it.

The shares are those of the resources for which an oddity makes sense. What costs an inventory something
that it cannot make good (`gone`, `unreadable_types`, `unsearched_types`) is off unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AWKWARD_NAME = "awkwardName"
DELETED = "deleted"
GONE = "gone"
HUGE_TAGS = "hugeTags"
IN_ENDING_COMPARTMENT = "inEndingCompartment"
MISSING_FIELDS = "missingFields"
NO_OCID = "noOcid"
NULL_NAME = "nullName"
NULL_TIME = "nullTime"
SHARED_NAME = "sharedName"
TWIN = "twin"
UNREADABLE_TYPE = "unreadableType"
UNSEARCHED_TYPE = "unsearchedType"

#: What each name means, for people.
MEANINGS: Mapping[str, str] = {
    AWKWARD_NAME: "a name with other alphabets, quotes, line breaks, formulas, markup or spaces around it",
    DELETED: "deleted, and still listed by Search for a while",
    GONE: "listed by Search, and unknown to its service (404): deleted since it was indexed",
    HUGE_TAGS: "as many tags as a resource can have",
    IN_ENDING_COMPARTMENT: "lies in a compartment that is being deleted or was deleted",
    MISSING_FIELDS: "Search leaves the fields without a value out, instead of writing null",
    NO_OCID: "Search gives no identifier",
    NULL_NAME: "without a name",
    NULL_TIME: "without a time of creation",
    SHARED_NAME: "a name that others may have, too",
    TWIN: "without identifier, and like another one in everything that Search shows",
    UNREADABLE_TYPE: "the reader may list its type in Search and may not get it (404)",
    UNSEARCHED_TYPE: "of a type that Search does not know; its service gets and lists it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddities:
    """How much of each; shares are from 0 to 1.

    Of resources without an OCID there are at least three if the share is not 0, and two of them are twins.
    `identity_domains` besides the default one have `domain_users` users each, and a third as many groups;
    with `domains_below_root` they lie in the compartments in turn, otherwise all in the root.
    Of `unsearched_types` Search knows nothing; what the service does not tell either is not there.
    """

    awkward_names: float = 0.04
    null_names: float = 0.02
    shared_names: float = 0.1
    null_times: float = 0.03
    missing_fields: float = 0.01
    huge_tags: float = 0.002
    deleted: float = 0.03
    in_ending_compartments: float = 0.005
    without_ocid: float = 0.0002
    gone: float = 0.0
    unreadable_types: frozenset[str] = frozenset()
    unsearched_types: frozenset[str] = frozenset()
    identity_domains: int = 2
    domain_users: int = 6
    domains_below_root: bool = False
