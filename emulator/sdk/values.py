"""What the fields of derived bodies hold: texts, numbers and times that suit a field's name.

Decides single values only, each drawn from the subject's random source. Whether a field is there at all, and
what the resource itself says, is decided in `emulator.sdk.bodies`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.tenancy.values import Resource

_WORDS = ("alpha", "north", "orders", "blue", "standard", "edge", "weekly", "core", "river", "primary")
_LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a body may say of the tenancy around its resource; without a template hosts are OCI's own."""

    tenancy_id: str | None
    namespace: str
    endpoint_template: str | None


@dataclass(slots=True)
class Subject:
    """Whose body is made: the resource, its own random source, and what is around it."""

    resource: Resource
    rng: Random
    around: Surroundings


Maker = Callable[[Subject], Any]


def service_time(moment: datetime | None) -> str | None:
    """An instant as most services print it: `2026-01-02T03:04:05.678Z`."""
    if moment is None:
        return None
    return f"{moment.isoformat(timespec='milliseconds')[:23]}Z"


def some_time(subject: Subject) -> str | None:
    """An instant in the month after the resource's creation."""
    since = subject.resource.time_created or _LONG_AGO
    return service_time(since.astimezone(UTC) + timedelta(seconds=int(subject.rng.random() * 2_600_000)))


def some_date(subject: Subject) -> str | None:
    """Like `some_time`, without the time of day."""
    return (some_time(subject) or "")[:10]


def _word(subject: Subject) -> str:
    return f"{_WORDS[int(subject.rng.random() * len(_WORDS))]}-{int(subject.rng.random() * 1000)}"


def _sentence(subject: Subject) -> str:
    return f"The {_word(subject)} of {subject.resource.resource_type} {subject.resource.ordinal}"


def _address(subject: Subject) -> str:
    dice = subject.rng.random
    return f"10.{int(dice() * 255)}.{int(dice() * 255)}.{2 + int(dice() * 250)}"


def _block(subject: Subject) -> str:
    dice = subject.rng.random
    return f"10.{int(dice() * 255)}.{int(dice() * 255)}.0/24"


def _mac(subject: Subject) -> str:
    return ":".join(f"{byte:02X}" for byte in (2, 0, 23, *subject.rng.randbytes(3)))


def _host(subject: Subject) -> str:
    return f"{_word(subject)}.{subject.resource.region}.example.com"


def _url(subject: Subject) -> str:
    return f"https://{_host(subject)}/"


def _email(subject: Subject) -> str:
    return f"{_word(subject)}@example.com"


def _version(subject: Subject) -> str:
    dice = subject.rng.random
    return f"{1 + int(dice() * 20)}.{int(dice() * 10)}.{int(dice() * 10)}"


def _hex(subject: Subject) -> str:
    return f"{subject.rng.getrandbits(64):016x}"


def _fingerprint(subject: Subject) -> str:
    return ":".join(f"{byte:02x}" for byte in subject.rng.randbytes(16))


def _duration(subject: Subject) -> str:
    return f"PT{1 + int(subject.rng.random() * 60)}M"


def _region(subject: Subject) -> str:
    return subject.resource.region


def _namespace(subject: Subject) -> str:
    return subject.around.namespace


def _zone(_subject: Subject) -> str:
    return "UTC"


def _nothing(_subject: Subject) -> None:
    return None


# The first pattern that a field's name contains decides.
_TEXTS: tuple[tuple[re.Pattern[str], Maker], ...] = tuple(
    (re.compile(pattern), maker)
    for pattern, maker in (
        # Services do not give these back; the bodies written by hand plant some where services do.
        (r"(?i)(password|passphrase|passwd|secret|token|wallet|credentials?|privatekey|passcode)$", _nothing),
        (r"(?i)(ssh|api|private|shared|access|public|encryption)key(s|pem|content|value)?$", _nothing),
        (r"(?i)(accessuri|userdata|connectionstrings?|certificate|pem|content|community)$", _nothing),
        (r"(?i)(authorization|otp|psk|pwd|seed)$", _nothing),
        (r"^(tenancyId|tenantId)$", lambda subject: subject.around.tenancy_id),
        (r"^compartmentId$", lambda subject: subject.resource.compartment_id),
        (r"^availabilityDomain(Name)?$", lambda subject: subject.resource.availability_domain),
        (r"^faultDomain$", lambda subject: f"FAULT-DOMAIN-{1 + int(subject.rng.random() * 3)}"),
        (r"^(lifecycleState|status|state)$", lambda _subject: "ACTIVE"),
        # What no reference names is not made up.
        (r"(Id|Ids|id|ids|ocid|Ocid|OCID|Ocids)$", _nothing),
        (r"^(bucketName|namespaceName|namespace|bucketNamespace)$", _namespace),
        (r"(?i)description$|details$|message$|comment", _sentence),
        (r"(?i)emailaddress|email$", _email),
        (r"(?i)cidr|subnetmask", _block),
        (r"(?i)mac(address)?$", _mac),
        (r"(?i)ip(v4)?(address)?(es|s)?$", _address),
        (r"(?i)ipv6", _nothing),
        (r"(?i)ur[il]$|url", _url),
        (r"(?i)endpoint|host|fqdn|domain|server", _host),
        (r"(?i)version$", _version),
        (r"(?i)fingerprint|thumbprint", _fingerprint),
        (r"(?i)etag|hash|digest|sha256|md5|checksum|serial", _hex),
        (r"(?i)timezone", _zone),
        (r"(?i)duration|interval|period$", _duration),
        (r"(?i)^time[A-Z]|date$|timestamp|time$", some_time),
        (r"^region|[rR]egion(Name)?$", _region),
    )
)


def text_maker(field_name: str) -> Maker:
    """What makes the text of a field with this name."""
    return next((maker for pattern, maker in _TEXTS if pattern.search(field_name)), _word)


def whole_number_maker(field_name: str) -> Maker:
    """What makes the whole number of a field with this name."""
    if re.search(r"(?i)port$", field_name):
        low, high = 1024, 65000
    elif re.search(r"(?i)inmbs|inbytes|size", field_name):
        low, high = 50, 4000
    elif re.search(r"(?i)percent", field_name):
        low, high = 1, 99
    else:
        low, high = 1, 64
    return lambda subject: low + int(subject.rng.random() * (high - low))


def fraction(subject: Subject) -> float:
    """A number with a decimal point."""
    return round(1 + subject.rng.random() * 63, 1)


def flag(subject: Subject) -> bool:
    """True as often as not."""
    return subject.rng.random() < 0.5


def owner_map(subject: Subject) -> dict[str, str]:
    """A map that users fill."""
    return {"owner": _word(subject)}


def free_object(subject: Subject) -> dict[str, str]:
    """An object of no declared shape."""
    return {"mode": _word(subject)}


def makes_text(field_name: str) -> bool:
    """Whether a text field of this name ever holds one."""
    return text_maker(field_name) is not _nothing
