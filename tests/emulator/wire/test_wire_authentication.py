"""Signatures: what the SDK signs is accepted, everything else is 401 NotAuthenticated."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oci
import pytest
from oci._vendor import requests as vendored

from emulator.app import Emulator
from emulator.auth import ApiKey, KeyRing, NotAuthenticatedError
from emulator.object_storage import ObjectStorageService
from emulator.wire import Principal, Request, Response

TENANCY = "ocid1.tenancy.oc1..aaaatenancy"
USER = "ocid1.user.oc1..aaaauser"
FUNCTION = "ocid1.fnfunc.oc1.iad.aaaafunction"
COMPARTMENT = "ocid1.compartment.oc1..aaaacompartment"


class Mirror:
    """A service that answers who asked and what it was asked."""

    def handle(self, request: Request, principal: Principal) -> Response:
        return Response.of_json(
            {
                "kind": principal.kind,
                "ocid": principal.ocid,
                "compartment": principal.compartment_id,
                "query": request.query,
                "path": request.path,
            }
        )


def signed(
    key: ApiKey,
    *,
    method: str = "POST",
    path: str = "/20180409/resources?limit=1000&page=a%2Bb%3D",
    body: bytes | None = b'{"type": "Structured"}',
    service: str = "query",
    headers: dict[str, str] | None = None,
    content_headers: bool = True,
) -> Request:
    """A request as the SDK's own signer signs it."""
    signer = oci.Signer(
        key.tenancy_id, key.user_id, key.fingerprint, None, private_key_content=key.private_key_pem
    )
    url = f"https://{service}.us-ashburn-1.oci.oraclecloud.com{path}"
    prepared = vendored.Request(
        method,
        url,
        data=body,
        headers=headers or {},
        auth=signer if content_headers else signer.without_content_headers,
    ).prepare()
    return Request(
        service=service,
        region="us-ashburn-1",
        method=method,
        path=urlsplit(path).path,
        target=prepared.path_url,
        query=parse_qs(urlsplit(path).query),
        headers={name.lower(): value for name, value in prepared.headers.items()},
        body=body or b"",
    )


def refusal(keys: KeyRing, request: Request) -> NotAuthenticatedError:
    with pytest.raises(NotAuthenticatedError) as caught:
        keys.authenticate(request)
    assert (caught.value.status, caught.value.code) == (401, "NotAuthenticated")
    return caught.value


def test_a_persons_signature_names_the_person(keys: KeyRing, api_key: ApiKey) -> None:
    principal = keys.authenticate(signed(api_key))
    assert principal == Principal(kind="user", ocid=USER, tenancy_id=TENANCY, compartment_id=TENANCY)


def test_a_body_changed_on_the_way_is_refused(keys: KeyRing, api_key: ApiKey) -> None:
    request = replace(signed(api_key), body=b'{"type": "Structurex"}')
    assert "body" in refusal(keys, request).reason


@pytest.mark.parametrize(
    "change",
    [
        {"target": "/20180409/resources?limit=1000&page=other"},
        {"method": "PUT"},
        {"headers": {"host": "query.eu-frankfurt-1.oci.oraclecloud.com"}},
        {"headers": {"content-type": "text/plain"}},
    ],
    ids=["target", "method", "host", "content-type"],
)
def test_anything_signed_that_was_changed_is_refused(
    keys: KeyRing, api_key: ApiKey, change: dict[str, Any]
) -> None:
    request = signed(api_key)
    change = dict(change)
    if "headers" in change:
        change["headers"] = {**request.headers, **change["headers"]}
    assert "does not match" in refusal(keys, replace(request, **change)).reason


def test_a_signature_by_another_key_is_refused(keys: KeyRing, api_key: ApiKey) -> None:
    stranger = KeyRing(tenancy_id=TENANCY).mint_api_key(user_id=USER)
    forged = replace(stranger, fingerprint=api_key.fingerprint)
    assert "unknown key" in refusal(keys, signed(stranger)).reason
    assert "does not match" in refusal(keys, signed(forged)).reason


def test_a_request_without_signature_is_refused(keys: KeyRing, api_key: ApiKey) -> None:
    request = signed(api_key)
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    refusal(keys, replace(request, headers=headers))
    refusal(keys, replace(request, headers={**headers, "authorization": "Bearer abc"}))
    garbled = request.headers["authorization"].replace('signature="', 'signature="?')
    refusal(keys, replace(request, headers={**headers, "authorization": garbled}))


def test_a_post_that_leaves_its_body_unsigned_is_refused(keys: KeyRing, api_key: ApiKey) -> None:
    assert "x-content-sha256" in refusal(keys, signed(api_key, content_headers=False)).reason


@pytest.mark.parametrize("kind", ["o", "u"])
def test_only_object_uploads_may_leave_their_body_unsigned(keys: KeyRing, api_key: ApiKey, kind: str) -> None:
    upload = signed(
        api_key,
        method="PUT",
        service="objectstorage",
        path=f"/n/axexample/b/inventory/{kind}/a%2Fb",
        content_headers=False,
    )
    assert keys.authenticate(upload).ocid == USER
    bucket = signed(
        api_key, method="PUT", service="objectstorage", path="/n/axexample/b/inventory", content_headers=False
    )
    refusal(keys, bucket)


@pytest.mark.parametrize("seconds", [-301, 330])
def test_a_clock_more_than_five_minutes_off_is_told_so(keys: KeyRing, api_key: ApiKey, seconds: int) -> None:
    request = signed(api_key, headers={"date": formatdate(time.time() + seconds, usegmt=True)})
    assert "is not within allowed clock skew" in refusal(keys, request).message


def test_a_clock_four_minutes_off_is_tolerated(keys: KeyRing, api_key: ApiKey) -> None:
    keys.authenticate(signed(api_key, headers={"date": formatdate(time.time() - 240, usegmt=True)}))


def test_a_shifted_emulator_clock_breaks_no_signature(
    emulator: Emulator, object_storage: ObjectStorageService, storage: Any
) -> None:
    before = storage.get_namespace().headers["date"]
    emulator.advance(3 * 24 * 3600)
    after = storage.get_namespace().headers["date"]
    moved = parsedate_to_datetime(after) - parsedate_to_datetime(before)
    assert moved.days == 3


def write_principal(directory: Path, keys: KeyRing, *, lifetime_seconds: int = 3600) -> dict[str, str]:
    """The environment that a function finds, with the token and the key in files."""
    principal = keys.mint_resource_principal(
        function_id=FUNCTION, compartment_id=COMPARTMENT, lifetime_seconds=lifetime_seconds
    )
    (directory / "rpst").write_text(principal.rpst)
    (directory / "private.pem").write_text(principal.private_key_pem)
    return {
        "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
        "OCI_RESOURCE_PRINCIPAL_RPST": str(directory / "rpst"),
        "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": str(directory / "private.pem"),
        "OCI_RESOURCE_PRINCIPAL_REGION": "iad",
    }


@pytest.fixture
def signer(tmp_path: Path, keys: KeyRing, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in write_principal(tmp_path, keys).items():
        monkeypatch.setenv(name, value)
    return oci.auth.signers.get_resource_principals_signer()


def search(client: Any, **options: Any) -> Any:
    details = oci.resource_search.models.StructuredSearchDetails(query="query all resources")
    return client.search_resources(details, **options)


def test_a_function_is_known_by_its_token(emulator: Emulator, clients: Any, signer: Any) -> None:
    emulator.register("query", Mirror())
    client = clients(
        oci.resource_search.ResourceSearchClient, "query", signer=signer, skip_deserialization=True
    )
    page = "a b+c/d=&ü~'(!)*"
    seen = search(client, limit=1000, page=page, tenant_id=TENANCY).data
    assert (seen["kind"], seen["ocid"], seen["compartment"]) == ("resource", FUNCTION, COMPARTMENT)
    assert seen["query"] == {"limit": ["1000"], "page": [page], "tenantId": [TENANCY]}
    assert seen["path"] == "/20180409/resources"
    assert (signer.region, signer.tenancy_id) == ("us-ashburn-1", TENANCY)


def test_an_expired_token_is_refused_until_the_file_has_a_new_one(
    emulator: Emulator, clients: Any, keys: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK does not look at the expiry before it signs: after a 401 it reads the files again, once."""
    emulator.register("query", Mirror())
    for name, value in write_principal(tmp_path, keys, lifetime_seconds=-1).items():
        monkeypatch.setenv(name, value)
    expired = oci.auth.signers.get_resource_principals_signer()
    client = clients(
        oci.resource_search.ResourceSearchClient, "query", signer=expired, skip_deserialization=True
    )
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        search(client)
    assert (caught.value.status, caught.value.code) == (401, "NotAuthenticated")
    assert {entry.detail for entry in emulator.requests.entries()} == {"the token has expired"}
    write_principal(tmp_path, keys)
    assert search(client).data["ocid"] == FUNCTION


def test_a_token_of_another_authority_is_refused(keys: KeyRing) -> None:
    """The token looks right, the session key signs right, but nobody here issued it."""
    foreign = KeyRing(tenancy_id=TENANCY).mint_resource_principal(
        function_id=FUNCTION, compartment_id=COMPARTMENT
    )
    signer = oci.auth.signers.SecurityTokenSigner(
        foreign.rpst, oci.signer.load_private_key(foreign.private_key_pem, None)
    )
    prepared = vendored.Request(
        "GET", "https://identity.us-ashburn-1.oci.oraclecloud.com/x", auth=signer
    ).prepare()
    request = Request(
        service="identity",
        region="us-ashburn-1",
        method="GET",
        path="/x",
        target="/x",
        headers={name.lower(): value for name, value in prepared.headers.items()},
    )
    assert "not one of ours" in refusal(keys, request).reason


def test_another_tenancys_principal_sees_nothing(emulator: Emulator, keys: KeyRing) -> None:
    """A valid signature of a foreign tenancy gets the ambiguous 404, not an answer."""
    emulator.register("query", Mirror())
    stranger = keys.mint_api_key(user_id=USER, tenancy_id="ocid1.tenancy.oc1..other")
    answer = emulator.handle(signed(stranger))
    assert answer.status == 404
    assert b"NotAuthorizedOrNotFound" in answer.body


def test_uploads_stream_with_an_unsigned_body(storage: Any, tmp_path: Path) -> None:
    """Bytes, text, a file, a stream of unknown length and an empty file all arrive whole."""
    file = tmp_path / "upload.bin"
    file.write_bytes(b"x" * 300_000)
    empty = tmp_path / "empty.bin"
    empty.write_bytes(b"")
    contents: dict[str, Any] = {
        "bytes": (b"abc", b"abc"),
        "text": ("plain", b"plain"),
        "stream": (io.BytesIO(b"y" * 100_000), b"y" * 100_000),
    }
    for name, (body, expected) in contents.items():
        storage.put_object("axexample", "inventory", name, body)
        assert storage.get_object("axexample", "inventory", name).data.content == expected
    for path in (file, empty):
        with path.open("rb") as body:
            storage.put_object("axexample", "inventory", path.name, body)
        assert storage.get_object("axexample", "inventory", path.name).data.content == path.read_bytes()
