"""Who signed a request: mints keys and tokens, verifies OCI's HTTP signatures.

Decides who a principal is, not what it may do. Follows OCI's "Request Signatures" page (draft-cavage HTTP
signatures, version 1, rsa-sha256). Time is the system's, so that a shifted emulator clock breaks no
signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from emulator.wire import Principal, Request, ServiceError

_MAX_SKEW = timedelta(minutes=5)
_MESSAGE = "The required information to complete authentication was not provided or was incorrect."
_PARAMETER = re.compile(r'([a-zA-Z]+)="([^"]*)"')
# Object Storage's PutObject and UploadPart may leave their body unsigned ("Special Instructions for Object
# Storage PUT" on the Request Signatures page).
_UNSIGNED_BODY_PATH = re.compile(r"/n/[^/]+/b/[^/]+/[ou]/.")


class NotAuthenticatedError(ServiceError):
    """401 NotAuthenticated, with its reason."""

    def __init__(self, reason: str, message: str = _MESSAGE) -> None:
        super().__init__(401, "NotAuthenticated", message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePrincipal:
    """A function's session: the token (`rpst`, a JWT) and the private key its requests are signed with."""

    function_id: str
    rpst: str
    private_key_pem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A person's API signing key."""

    user_id: str
    tenancy_id: str
    fingerprint: str
    private_key_pem: str

    def config(self, region: str) -> dict[str, str]:
        """The configuration that the SDK's clients take."""
        return {
            "user": self.user_id,
            "tenancy": self.tenancy_id,
            "fingerprint": self.fingerprint,
            "key_content": self.private_key_pem,
            "region": region,
        }


@dataclass(frozen=True, slots=True)
class _Verifier:
    principal: Principal
    public_key: rsa.RSAPublicKey
    expires: float | None


class KeyRing:
    """The keys of one tenancy; every method may be called from any thread.

    `now` gives seconds since the epoch.
    """

    def __init__(self, *, tenancy_id: str, now: Callable[[], float] = time.time) -> None:
        self.tenancy_id = tenancy_id
        self._now = now
        self._lock = threading.Lock()
        self._authority: rsa.RSAPrivateKey | None = None
        self._verifiers: dict[str, _Verifier] = {}

    def mint_api_key(self, *, user_id: str, tenancy_id: str | None = None) -> ApiKey:
        """A new API key of a user; of another tenancy's user where `tenancy_id` says so."""
        key = _new_key()
        tenancy_id = tenancy_id or self.tenancy_id
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        fingerprint = hashlib.md5(der, usedforsecurity=False).digest().hex(":")
        principal = Principal(kind="user", ocid=user_id, tenancy_id=tenancy_id, compartment_id=tenancy_id)
        self._verifiers[f"{tenancy_id}/{user_id}/{fingerprint}"] = _Verifier(
            principal, key.public_key(), None
        )
        return ApiKey(
            user_id=user_id, tenancy_id=tenancy_id, fingerprint=fingerprint, private_key_pem=_pem(key)
        )

    def mint_resource_principal(
        self,
        *,
        function_id: str,
        compartment_id: str,
        lifetime_seconds: int = 3600,
        tenancy_id: str | None = None,
    ) -> ResourcePrincipal:
        """A new token of a function, signed by the emulator's authority, and its session key.

        Every token comes with a key of its own. Whether OCI renews the key with the token is not documented;
        it is the harder case, for the two files may be read half old and half new.
        """
        key = _new_key()
        issued = int(self._now())
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        claims = {
            "sub": function_id,
            "iss": "authService.oracle.com",
            "aud": "oci",
            "ptype": "resource",
            "ttype": "res",
            "res_type": "fnfunc",
            "res_id": function_id,
            "res_tenant": tenancy_id or self.tenancy_id,
            "res_compartment": compartment_id,
            "iat": issued,
            "exp": issued + lifetime_seconds,
            "jti": str(uuid4()),
            "jwk": json.dumps({"kid": "emulator", "kty": "RSA", "n": public["n"], "e": public["e"]}),
        }
        token = jwt.encode(claims, self._signing_authority(), algorithm="RS256", headers={"kid": "emulator"})
        return ResourcePrincipal(function_id=function_id, rpst=token, private_key_pem=_pem(key))

    def authenticate(self, request: Request) -> Principal:
        """Who signed this request.

        Raises `NotAuthenticatedError` (401 NotAuthenticated) for a missing or bad signature, a header that
        had to be signed and was not, a body that is not the signed one, an unknown key, an expired token, and
        a date more than five minutes off.
        """
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme != "Signature":
            raise NotAuthenticatedError("no Signature in the authorization header")
        parameters = dict(_PARAMETER.findall(rest))
        if parameters.get("version") != "1" or parameters.get("algorithm") != "rsa-sha256":
            raise NotAuthenticatedError("signature version is not 1 or algorithm is not rsa-sha256")
        signed = parameters.get("headers", "date").lower().split()
        self._check_signed_headers(request, signed)
        self._check_date(request, signed)
        verifier = self._verifier(parameters.get("keyId", ""))
        if verifier.expires is not None and self._now() >= verifier.expires:
            raise NotAuthenticatedError("the token has expired")
        try:
            signature = base64.b64decode(parameters.get("signature", ""), validate=True)
            verifier.public_key.verify(
                signature, _signing_string(request, signed), padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, binascii.Error):
            raise NotAuthenticatedError("the signature does not match the request") from None
        digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        if "x-content-sha256" in signed and request.headers["x-content-sha256"] != digest:
            raise NotAuthenticatedError("the body is not the one that was signed")
        return verifier.principal

    def _check_signed_headers(self, request: Request, signed: list[str]) -> None:
        required = {"(request-target)", "host"}
        unsigned_body = (
            request.service == "objectstorage"
            and request.method == "PUT"
            and _UNSIGNED_BODY_PATH.match(request.path) is not None
        )
        if request.method in ("POST", "PUT", "PATCH") and not unsigned_body:
            required |= {"content-length", "content-type", "x-content-sha256"}
        missing = required - set(signed)
        if missing:
            raise NotAuthenticatedError(f"not signed: {', '.join(sorted(missing))}")
        absent = [name for name in signed if name != "(request-target)" and name not in request.headers]
        if absent:
            raise NotAuthenticatedError(f"signed but absent: {', '.join(absent)}")

    def _check_date(self, request: Request, signed: list[str]) -> None:
        name = "x-date" if "x-date" in signed else "date"
        if name not in signed:
            raise NotAuthenticatedError("the date is not signed")
        try:
            date = parsedate_to_datetime(request.headers[name])
        except ValueError:
            raise NotAuthenticatedError("the date cannot be read") from None
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        now = datetime.fromtimestamp(self._now(), UTC)
        if abs(now - date) > _MAX_SKEW:
            form = "%a, %d %b %Y %H:%M:%S UTC"
            earliest, latest = (now - _MAX_SKEW).strftime(form), (now + _MAX_SKEW).strftime(form)
            raise NotAuthenticatedError(
                "clock skew",
                f"Date '{date.astimezone(UTC).strftime(form)}' is not within allowed clock skew. "
                f"Current '{now.strftime(form)}', valid datetime range: ['{earliest}', '{latest}']",
            )

    def _verifier(self, key_id: str) -> _Verifier:
        verifier = self._verifiers.get(key_id)
        if verifier is None and key_id.startswith("ST$"):
            verifier = self._verifiers[key_id] = self._read_token(key_id.removeprefix("ST$"))
        if verifier is None:
            raise NotAuthenticatedError(f"unknown key {key_id!r}")
        return verifier

    def _read_token(self, token: str) -> _Verifier:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._signing_authority().public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise NotAuthenticatedError(f"the token is not one of ours: {error}") from None
        public_key = jwt.algorithms.RSAAlgorithm.from_jwk(claims["jwk"])
        assert isinstance(public_key, rsa.RSAPublicKey)
        principal = Principal(
            kind="resource",
            ocid=claims["sub"],
            tenancy_id=claims["res_tenant"],
            compartment_id=claims["res_compartment"],
        )
        return _Verifier(principal, public_key, claims["exp"])

    def _signing_authority(self) -> rsa.RSAPrivateKey:
        with self._lock:
            if self._authority is None:
                self._authority = _new_key()
            return self._authority


def token_issued_at(request: Request) -> float | None:
    """When a resource principal's token was issued, in seconds since the epoch; None for any other request.

    Reads the claim as it stands; whether the token is genuine is for `KeyRing.authenticate` to say.
    """
    parameters = dict(_PARAMETER.findall(request.headers.get("authorization", "")))
    key_id = parameters.get("keyId", "")
    if not key_id.startswith("ST$"):
        return None
    claims = jwt.decode(key_id.removeprefix("ST$"), options={"verify_signature": False})
    return float(claims["iat"])


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _signing_string(request: Request, signed: list[str]) -> bytes:
    lines = [
        f"(request-target): {request.method.lower()} {request.target}"
        if name == "(request-target)"
        else f"{name}: {request.headers[name]}"
        for name in signed
    ]
    return "\n".join(lines).encode()
