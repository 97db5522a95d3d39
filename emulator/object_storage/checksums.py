"""Checksums of uploads: verifies those a client sends, computes those an answer carries.

Header names and messages are those of PutObject's documentation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence

import crc32c

from emulator.wire import ServiceError


def _crc32c(data: bytes) -> bytes:
    return crc32c.crc32c(data).to_bytes(4, "big")


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


# By the value of `opc-checksum-algorithm`; the digest goes by in `opc-content-{name in lower case}`.
_ALGORITHMS: Mapping[str, Callable[[bytes], bytes]] = {
    "CRC32C": _crc32c,
    "SHA256": lambda data: hashlib.sha256(data).digest(),
    "SHA384": lambda data: hashlib.sha384(data).digest(),
}


def algorithm(headers: Mapping[str, str]) -> str | None:
    """The additional checksum's algorithm that the headers ask for.

    Raises 400 InvalidParameter for one that is not CRC32C, SHA256 or SHA384.
    """
    name = headers.get("opc-checksum-algorithm")
    if name is None:
        return None
    if name.upper() not in _ALGORITHMS:
        raise ServiceError(400, "InvalidParameter", f"Invalid opc-checksum-algorithm '{name}'.")
    return name.upper()


def verify(body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """The checksums of a body by header name (`opc-content-md5` always), after those sent were compared.

    An `opc-content-*` header without its algorithm is ignored, as documented ("applicable only if").
    Raises 400 InvalidContentMD5, UnmatchedContentMD5, UnmatchedContentCRC32C, ...SHA256, ...SHA384.
    """
    computed = {"opc-content-md5": _base64(_md5(body))}
    sent = headers.get("content-md5")
    if sent is not None:
        if not _is_md5(sent):
            raise ServiceError(
                400, "InvalidContentMD5", f"The value of the Content-MD5 header ({sent}) is not valid."
            )
        _compare("MD5", computed["opc-content-md5"], sent, "Content-MD5")
    name = algorithm(headers)
    if name is not None:
        header = f"opc-content-{name.lower()}"
        computed[header] = _base64(_ALGORITHMS[name](body))
        if header in headers:
            _compare(name, computed[header], headers[header], header)
    return computed


def of_parts(parts: Sequence[Mapping[str, str]], name: str | None) -> dict[str, str]:
    """The checksums of an object made of parts: the digest of the parts' digests, `-`, their number.

    `opc-multipart-md5` has this form in Oracle's documentation; the SHA headers follow it. A CRC32C of the
    whole cannot be had from the parts' without their lengths, and is left out.
    """
    made = {"opc-multipart-md5": _combined([part["opc-content-md5"] for part in parts], _md5)}
    if name in ("SHA256", "SHA384"):
        header = f"opc-content-{name.lower()}"
        digests = [part[header] for part in parts if header in part]
        if len(digests) == len(parts):
            made[f"opc-multipart-{name.lower()}"] = _combined(digests, _ALGORITHMS[name])
    return made


def _combined(digests: Sequence[str], digest: Callable[[bytes], bytes]) -> str:
    joined = b"".join(base64.b64decode(value) for value in digests)
    return f"{_base64(digest(joined))}-{len(digests)}"


def _compare(name: str, computed: str, sent: str, header: str) -> None:
    if computed != sent:
        message = (
            f"The computed {name} of the request body ({computed}) "
            f"does not match the {header} header ({sent})"
        )
        raise ServiceError(400, f"UnmatchedContent{name}", message)


def _is_md5(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
