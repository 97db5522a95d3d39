"""What our session leaves out of requests' own way changes no request."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oci._vendor import requests

from inventory.oci_io.clients import ClientKey, Clients
from inventory.oci_io.signer import Credentials
from inventory.oci_io.transport import RequestIds, Session, Transport
from tests.unit.oci_io.adapters import READ_INSTANCE, REGION, open_adapters
from tests.unit.oci_io.raw_server import http_answer, raw_server

HOST = "https://iaas.us-ashburn-1.oraclecloud.com"
NAMES = st.sampled_from(["accept", "opc-request-id", "User-Agent", "content-type", "if-match", "x"])
WORDS = st.text("abcÄ /?&=%+.:~é-", max_size=8)


def session() -> Session:
    return Session(Transport(RequestIds(), pool_size=4))


def sign(request: Any) -> Any:
    """As a signer does: it sees the finished request and adds to it."""
    request.headers["authorization"] = f"{request.method} {request.path_url} {len(request.headers)}"
    return request


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    st.lists(WORDS, max_size=3).map("/".join),
    st.dictionaries(WORDS.filter(bool), WORDS | st.integers() | st.lists(WORDS, max_size=2), max_size=3),
    st.dictionaries(NAMES, st.text("abc;=/*", min_size=1, max_size=8), max_size=4),
    st.none() | st.binary(max_size=20) | st.text("aä", max_size=9),
)
def test_a_request_is_prepared_as_requests_does(
    method: str, path: str, params: dict[str, Any], headers: dict[str, str], body: bytes | str | None
) -> None:
    request = requests.Request(
        method, f"{HOST}/{path}", params=params, headers=headers, data=body or {}, auth=sign
    )
    ours, theirs = session().prepare_request(request), requests.Session().prepare_request(request)
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    assert list(ours.headers.items()) == list(theirs.headers.items())
    assert ours.hooks == theirs.hooks


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\nb"])
def test_a_header_that_would_be_two_is_refused(value: str) -> None:
    with pytest.raises(requests.exceptions.InvalidHeader):
        session().prepare_request(requests.Request("GET", HOST, headers={"x": value}, auth=sign))


def test_proxies_and_certificates_come_from_the_environment_once_for_a_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "objectstorage.example.com")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own.pem")
    urls = [f"{HOST}/20160918/instances", f"{HOST}/20160918/vcns", "https://objectstorage.example.com/n/a"]
    theirs = [requests.Session().merge_environment_settings(url, {}, True, None, None) for url in urls]
    here = session()
    assert [here.merge_environment_settings(url, {}, True, None, None) for url in urls] == theirs
    monkeypatch.delenv("HTTPS_PROXY")
    assert copy.copy(here).merge_environment_settings(urls[1], {}, True, None, None) == theirs[1]
    assert here.merge_environment_settings(urls[0], {}, False, None, None)["stream"] is False


def test_the_pool_of_a_host_has_its_certificates_and_is_shared() -> None:
    transport = Transport(RequestIds(), pool_size=4)
    bundle = requests.certs.where()
    first = transport.get_connection(f"{HOST}/a", {})
    for told in (True, bundle, True):
        transport.cert_verify(first, f"{HOST}/a", told, None)
        assert (first.cert_reqs, first.ca_certs) == ("CERT_REQUIRED", bundle)
    assert transport.get_connection(f"{HOST}/b?c=d", {}) is first
    assert transport.get_connection("https://other.example.com/a", {}) is not first
    with pytest.raises(OSError, match="invalid path"):
        transport.cert_verify(first, f"{HOST}/a", "/no/such/bundle", None)


def test_a_proxy_is_gone_through() -> None:
    transport = Transport(RequestIds(), pool_size=4)
    proxies = {"http": "http://proxy.example.com:3128"}
    pool = transport.get_connection("http://iaas.example.com/a", proxies)
    assert pool.proxy.host == "proxy.example.com"
    request = session().prepare_request(requests.Request("GET", "http://iaas.example.com/a", auth=sign))
    assert transport.request_url(request, proxies) == "http://iaas.example.com/a"
    assert transport.request_url(request, {}) == "/a"


def test_after_the_session_was_closed_a_request_gets_new_connections(credentials: Credentials) -> None:
    """The SDK closes and copies its session after some answers; a pool may be found just before."""
    answer = http_answer(json.dumps({"id": "x"}).encode())
    with raw_server(answer) as template, Clients(credentials, endpoint_template=template) as clients:
        adapters = open_adapters(clients, max_attempts=1)
        assert adapters.reader.read(READ_INSTANCE) == {"id": "x"}
        for client in clients._clients.values():
            (transport,) = {client.session.get_adapter(scheme) for scheme in ("http://", "https://")}
            found = dict(transport._pools)
            client._reset_session(reason="a test")
            transport._pools.update(found)
        assert adapters.reader.read(READ_INSTANCE) == {"id": "x"}


def test_cookies_are_neither_kept_nor_sent(credentials: Credentials) -> None:
    answer = http_answer(b"{}", "set-cookie: a=b; Path=/")
    with raw_server(answer) as template, Clients(credentials, endpoint_template=template) as clients:
        key = ClientKey(
            service="core",
            client="ComputeClient",
            region=REGION,
            template="https://iaas.{region}.{secondLevelDomain}",
        )
        here = clients.get(key).session
        url = template.format(service="iaas", region=REGION)
        for _ in range(2):
            answered = here.request("GET", url, auth=sign)
            assert "cookie" not in answered.request.headers
        assert list(here.cookies) == []
