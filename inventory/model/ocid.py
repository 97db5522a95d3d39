"""OCIDs: what their text says. `ocid1.<type>.<realm>.[region][.future use].<unique id>`.

Source: Oracle's documentation of resource identifiers.
"""

from __future__ import annotations

import re

_OCID = re.compile(r"ocid1\.[^.\s]+\.[^.\s]*\.[^.\s]*(?:\.[^.\s]+)+", re.IGNORECASE)


def is_ocid(value: object) -> bool:
    """Whether a value is a string in the form of an OCID."""
    return isinstance(value, str) and _OCID.fullmatch(value) is not None


def ocid_region(ocid: str) -> str:
    """The region part of an OCID, lower case; a region's key (`iad`), its name, or empty."""
    parts = ocid.split(".")
    return parts[3].lower() if len(parts) > 4 else ""


def ocid_kind(ocid: str) -> str:
    """The type part of an OCID, lower case (`instance`, `volumebackup`), or empty."""
    parts = ocid.split(".", 2)
    return parts[1].lower() if len(parts) > 2 else ""
