"""Secrets do not leave a worker; what only sounds like one stays readable.

All credentials here are made up.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.model.canonical import canonical_line
from inventory.stages.redact import REDACTED_FIELDS, Redactor
from inventory.stages.secrets import OWN_TEXT_NAMES, REDACTED, SECRET_ENDINGS, TEXT_NAMES

REDACTOR = Redactor()
OCID = "ocid1.vaultsecret.oc1.iad.amaaaaaa"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJvY2lkMS51c2VyIn0.c2lnbmF0dXJl-_x"
SSH = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 ops@example"
PAR = "https://objectstorage.us-ashburn-1.oraclecloud.com/p/Zm9vYmFyYmF6cXV4_-TOKENTOKEN/n/space/b/bucket/o/"

# (value, what stands there afterwards); one line a case.
SECRETS: list[tuple[Any, Any]] = [
    # by the name of the field
    ({"user_data": "IyEvYmluL2Jhc2g="}, {"user_data": REDACTED}),
    ({"userData": "IyEvYmluL2Jhc2g="}, {"userData": REDACTED}),
    ({"USER-DATA": "IyEvYmluL2Jhc2g="}, {"USER-DATA": REDACTED}),
    ({"ssh_authorized_keys": SSH}, {"ssh_authorized_keys": REDACTED}),
    ({"sshAuthorizedKeys": "anything"}, {"sshAuthorizedKeys": REDACTED}),
    ({"sshPublicKeys": ["one", "two"]}, {"sshPublicKeys": [REDACTED, REDACTED]}),
    ({"sshPublicKey": "one"}, {"sshPublicKey": REDACTED}),
    ({"password": "hunter2"}, {"password": REDACTED}),
    ({"Password": "hunter2"}, {"Password": REDACTED}),
    ({"adminPassword": "hunter2"}, {"adminPassword": REDACTED}),
    ({"admin_password": "hunter2"}, {"admin_password": REDACTED}),
    ({"ADMIN_PASSWORD": "hunter2"}, {"ADMIN_PASSWORD": REDACTED}),
    ({"walletPassword": "hunter2"}, {"walletPassword": REDACTED}),
    ({"tdeWalletPassword": 12345678}, {"tdeWalletPassword": REDACTED}),
    ({"oldPasswords": ["a", "b"]}, {"oldPasswords": [REDACTED, REDACTED]}),
    ({"passwd": "hunter2"}, {"passwd": REDACTED}),
    ({"pwd": "hunter2"}, {"pwd": REDACTED}),
    ({"passphrase": "correct horse"}, {"passphrase": REDACTED}),
    ({"privateKeyPassphrase": "correct horse"}, {"privateKeyPassphrase": REDACTED}),
    ({"passwordHash": "5f4dcc3b"}, {"passwordHash": REDACTED}),
    ({"privateKey": "MIIEow"}, {"privateKey": REDACTED}),
    ({"private_key_pem": "MIIEow"}, {"private_key_pem": REDACTED}),
    ({"secret": "s3cr3t"}, {"secret": REDACTED}),
    ({"clientSecret": "s3cr3t"}, {"clientSecret": REDACTED}),
    ({"oauthClientSecret": "s3cr3t"}, {"oauthClientSecret": REDACTED}),
    ({"sharedSecret": "s3cr3t"}, {"sharedSecret": REDACTED}),
    ({"preSharedKey": "s3cr3t"}, {"preSharedKey": REDACTED}),
    ({"secretValue": "s3cr3t"}, {"secretValue": REDACTED}),
    ({"secretBundleContent": {"content": "czNjcg==", "version": 3}},
     {"secretBundleContent": {"content": REDACTED, "version": 3}}),
    ({"secretAccessKey": "s3cr3t"}, {"secretAccessKey": REDACTED}),
    ({"token": "abc"}, {"token": REDACTED}),
    ({"authToken": "abc"}, {"authToken": REDACTED}),
    ({"accessToken": "abc"}, {"accessToken": REDACTED}),
    ({"sessionToken": "abc"}, {"sessionToken": REDACTED}),
    ({"refresh_token": "abc"}, {"refresh_token": REDACTED}),
    ({"securityToken": "abc"}, {"securityToken": REDACTED}),
    ({"apiKey": "abc"}, {"apiKey": REDACTED}),
    ({"walletContent": "UEsDBA=="}, {"walletContent": REDACTED}),
    ({"accessUri": "/p/short/n/x"}, {"accessUri": REDACTED}),
    ({"community": "public"}, {"community": REDACTED}),
    ({"seed": "JBSWY3DPEHPK3PXP"}, {"seed": REDACTED}),
    ({"userPassword": {"valueType": "TEXT", "value": "hunter2"}},
     {"userPassword": {"valueType": "TEXT", "value": REDACTED}}),
    ({"deep": [{"er": {"dbPassword": ["a", {"b": "c"}]}}]},
     {"deep": [{"er": {"dbPassword": [REDACTED, {"b": REDACTED}]}}]}),
    ({"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "DB_PASSWORD", "value": REDACTED}),
    ({"key": "authToken", "defaultValue": "abc"}, {"key": "authToken", "defaultValue": REDACTED}),
    # by the form of the value
    ({"notes": PEM}, {"notes": REDACTED}),
    ({"notes": f"key: {PEM} end"}, {"notes": f"key: {REDACTED} end"}),
    ({"notes": "-----BEGIN PRIVATE KEY-----\nMIIE cut off"}, {"notes": REDACTED}),
    ({"notes": PEM.replace("RSA", "OPENSSH").replace("\n", "\\n")}, {"notes": REDACTED}),
    ({"notes": f"{PEM}\n{PEM}"}, {"notes": f"{REDACTED}\n{REDACTED}"}),
    ({"header": JWT}, {"header": REDACTED}),
    ({"header": f"Authorization: {JWT}, x"}, {"header": f"Authorization: {REDACTED}, x"}),
    ({"url": PAR}, {"url": PAR.replace("Zm9vYmFyYmF6cXV4_-TOKENTOKEN", REDACTED)}),
    ({"fullPath": "/p/Zm9vYmFyYmF6cXV4_-TOKENTOKEN/n/s/b/x/o/"}, {"fullPath": f"/p/{REDACTED}/n/s/b/x/o/"}),
    ({"url": "https://bob:hunter2@host/x"}, {"url": f"https://bob:{REDACTED}@host/x"}),
    ({"url": "mongodb+srv://b:p@ss@h1,h2/db"}, {"url": f"mongodb+srv://b:{REDACTED}@h1,h2/db"}),
    ({"url": "redis://:hunter2@host:6379"}, {"url": f"redis://:{REDACTED}@host:6379"}),
    ({"connectionString": "jdbc:oracle:thin:scott/tiger@//host:1521/svc"},
     {"connectionString": f"jdbc:oracle:thin:scott/{REDACTED}@//host:1521/svc"}),
    ({"connectionString": "Server=h;Uid=u;Pwd=hunter2;"},
     {"connectionString": f"Server=h;Uid=u;Pwd={REDACTED};"}),
    ({"connectionString": "host=h password='hunter2' port=1"},
     {"connectionString": f"host=h password='{REDACTED}' port=1"}),
    ({"env": "DB_PASSWORD=hunter2"}, {"env": f"DB_PASSWORD={REDACTED}"}),
    ({"body": '{"user": "u", "adminPassword": "hunter2"}'},
     {"body": f'{{"user": "u", "adminPassword": "{REDACTED}"}}'}),
    ({"aws": "AKIAIOSFODNN7EXAMPLE"}, {"aws": REDACTED}),
    ({"aws": "id ASIAY34FZKBOKMUTVV7A."}, {"aws": f"id {REDACTED}."}),
    ({"header": "Bearer 2YotnFZFEjr1zCsicMWpAA"}, {"header": f"Bearer {REDACTED}"}),
    ({"header": "authorization: bearer abcdef0123456789=="}, {"header": f"authorization: bearer {REDACTED}"}),
    ({"publicKeyContent": SSH}, {"publicKeyContent": f"{REDACTED} ops@example"}),
    ({"key": "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY="}, {"key": REDACTED}),
    ({"endpoint": "https://hooks.slack.com/services/T0/B0/XXXX"},
     {"endpoint": f"https://hooks.slack.com/services/{REDACTED}"}),
    (["plain", JWT], ["plain", REDACTED]),
    (PEM, REDACTED),
]  # fmt: skip

# What has the form of a vendor's credential, put together here so that no scanner takes it for one.
_VENDOR_SECRETS = {
    "gitHubToken": "ghp_" + "a1" * 18,
    "gitLabToken": "glpat-" + "a1-_" * 5,
    "slackToken": "xoxb-" + "12-ab" * 4,
    "stripeKey": "sk_live_" + "a1" * 12,
    "googleApiKey": "AIza" + "a1-_b" * 7,
    "encodedPrivateKey": "LS0tLS1CRUdJTi" + "BQUklWQVRFIEtFWS0tLS0t" * 2,
}
SECRETS += [
    ({"note": f"use {text} now"}, {"note": f"use {REDACTED} now"}) for text in _VENDOR_SECRETS.values()
]
SECRETS += [
    ({"note": "Basic dXNlcjpwYXNz1w=="}, {"note": f"Basic {REDACTED}"}),
    ({"note": "x;AccountKey=" + "aB3/" * 8}, {"note": f"x;AccountKey={REDACTED}"}),
    # names that users choose: in tags, metadata and configurations
    ({"freeformTags": {"GITHUB_TOKEN": "x1"}}, {"freeformTags": {"GITHUB_TOKEN": REDACTED}}),
    ({"config": {"JWT_SECRET": "x1", "PORT": "80"}}, {"config": {"JWT_SECRET": REDACTED, "PORT": "80"}}),
    ({"metadata": {"dbPwd": "x1"}}, {"metadata": {"dbPwd": REDACTED}}),
    ({"environmentVariables": {"MASTER_KEY": "x1"}}, {"environmentVariables": {"MASTER_KEY": REDACTED}}),
]

LOOK_ALIKES: list[Any] = [
    {"config": {"partitionKey": "id", "tokenUrl": "https://idcs.example.com"}},
    {"freeformTags": {"secretary": "Ann", "token-budget": "7"}},
    {"note": "Basic authentication"},
    {"note": "a key=value pair"},
    # by the name of the field
    {"secretName": "db-admin"},
    {"secretId": OCID},
    {"secretOcid": OCID},
    {"contentType": "application/json"},
    {"tokenExpiryInSeconds": 3600},
    {"accessTokenExpiryInSeconds": 3600},
    {"tokenType": "Bearer"},
    {"tokenUrl": "https://idcs.example/oauth2/v1/token"},
    {"nextPageToken": "abc"},
    {"passwordPolicy": {"minimumPasswordLength": 12, "isNumericCharactersRequired": True}},
    {"isPasswordRequired": True},
    {"passwordExpiryTime": "2027-01-01T00:00:00+00:00"},
    {"passwordLastModified": "2026-01-01"},
    {"canUseConsolePassword": True},
    {"canUseAuthTokens": True},
    {"canUseCustomerSecretKeys": False},
    {"adminPassword": None},
    {"adminPassword": ""},
    {"adminPassword": True},
    {"adminPassword": OCID},
    {"token": 17},
    {"seed": 42},
    {"community": 65000},
    {"userPassword": {"secretId": OCID}},
    {"keyId": "ocid1.key.oc1.iad.b.c"},
    {"kmsKeyId": "ocid1.key.oc1.iad.b.c"},
    {"privateKeyId": "kid-1"},
    {"apiKeyId": "one"},
    {"sshKeyName": "laptop"},
    {"publicKey": "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"},
    {"certificatePem": "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----"},
    {"fingerprint": "20:3b:97:13:55:1c"},
    {"userDataBucket": "logs"},
    {"metadata": {"role": "web"}},
    {"credentialsId": "one"},
    {"secrets": [{"secretName": "one"}]},
    {"compassword": False},
    {"keyStoreWalletName": "wallet"},
    {"communityName": "dev"},
    {"isTokenEnabled": True},
    {"passwordResetUrl": "https://example.com/passwordReset"},
    {"name": "contentType", "value": "text"},
    {"name": "passwordPolicy", "value": "strict"},
    {"key": "secretName", "value": "db"},
    # by the form of the value
    {"serviceConsoleUrl": "https://adb.us-ashburn-1.oraclecloud.com:443/console"},
    {"url": "ssh://git@host/repo.git"},
    {"url": "https://host:8443/path@2x.png"},
    {"mail": "ops@example.com, https://example.com"},
    {"path": "/p/n/"},
    {"path": "/p/short/n/x"},
    {"path": "/products/abcdefghijklmnopqrstuvwxyz/n/"},
    {"text": "eyJust.a.sentence"},
    {"host": "eyJabcdefghij.example"},
    {"text": "Bearer authentication-is-required-here"},
    {"text": "the bearer of this letter"},
    {"text": "Password: see the wiki"},
    {"text": "password=${DB_PASSWORD}"},
    {"text": "isPasswordRequired=true&password=true"},
    {"text": "password=<your password>"},
    {"statement": "Allow group A to manage secret-family in tenancy where target.secret.name = 'password'"},
    {"text": "AKIA and ASIA are prefixes"},
    {"region": "asia-ASIAPACIFICREGION"},
    {"text": "XAKIAIOSFODNN7EXAMPLE AKIAIOSFODNN7EXAMPLES"},
    {"text": "they-eyJabcdefgh.abcdefgh.abc"},
    {"text": "ssh-rsa is allowed"},
    {"fingerprint": "ssh-ed25519 SHA256:AAAAnothing"},
    {"connectionString": "host.adb.oraclecloud.com:1522/x_high.adb.oraclecloud.com"},
    {"connectionString": "jdbc:oracle:thin:@//host:1521/service"},
    {"base64": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"},
    {"etag": "5e3a1b9e-7d1c-4a6e-9e5f-1e16"},
    {"text": "https://slack.com/services/T0"},
    {"text": REDACTED, "password": REDACTED},
    OCID,
    [],
    None,
    5,
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), SECRETS, ids=lambda value: json.dumps(value)[:60])
def test_a_secret_is_replaced(value: Any, expected: Any) -> None:
    before = copy.deepcopy(value)
    redacted, found = REDACTOR.redact(value)
    assert redacted == expected
    assert value == before
    assert found == sorted(pointers_of_changes(value, expected))


@pytest.mark.parametrize("value", LOOK_ALIKES, ids=lambda value: json.dumps(value)[:60])
def test_a_look_alike_stays(value: Any) -> None:
    redacted, found = REDACTOR.redact(value)
    assert redacted is value
    assert found == []


def pointers_of_changes(before: Any, after: Any, path: str = "") -> list[str]:
    if isinstance(before, dict):
        return [p for key in before for p in pointers_of_changes(before[key], after[key], f"{path}/{key}")]
    if isinstance(before, list):
        pairs = zip(before, after, strict=True)
        return [p for i, (one, two) in enumerate(pairs) for p in pointers_of_changes(one, two, f"{path}/{i}")]
    return [path] if before != after else []


@pytest.mark.parametrize("name", sorted({*SECRET_ENDINGS, *TEXT_NAMES, *OWN_TEXT_NAMES}))
def test_every_name_of_the_tables_works_in_every_spelling(name: str) -> None:
    for spelling in (name, name.upper(), "_".join(name), f"{name[:2]}-{name[2:]}"):
        assert REDACTOR.redact({spelling: "x1"}) == ({spelling: REDACTED}, [f"/{spelling}"])


@pytest.mark.parametrize("strange", ["\ud800", 2**70])
def test_a_value_that_other_encoders_refuse_is_redacted_as_well(strange: Any) -> None:
    redacted, found = REDACTOR.redact({"strange": strange, "token": JWT, "text": f"see {JWT}"})
    assert redacted == {"strange": strange, "token": REDACTED, "text": f"see {REDACTED}"}
    assert found == ["/text", "/token"]


def test_pointers_are_escaped_sorted_and_start_at_the_path() -> None:
    value = {"z": {"password": "x"}, "a/b": [{"t~k": {"secret": "y"}}]}
    _, found = REDACTOR.redact(value, ("details", "metadata"))
    assert found == ["/details/metadata/a~1b/0/t~0k/secret", "/details/metadata/z/password"]


def test_a_setting_adds_fields_by_their_whole_name() -> None:
    redactor = Redactor(["Cost-Center", "ownerMail"])
    value = {"cost_center": 4711, "owner_mail": "x@y", "ownerMailDomain": "y", "myOwnerMail": "z"}
    redacted, found = redactor.redact(value)
    assert redacted == {**value, "cost_center": REDACTED, "owner_mail": REDACTED}
    assert found == ["/cost_center", "/owner_mail"]
    assert REDACTOR.redact(value) == (value, [])


def test_the_fingerprint_tells_which_rules_applied() -> None:
    assert Redactor().fingerprint == REDACTOR.fingerprint
    assert Redactor(["a", "B_c"]).fingerprint == Redactor(["bC", "a", ""]).fingerprint
    assert Redactor(["a"]).fingerprint != REDACTOR.fingerprint
    assert re.fullmatch("[0-9a-f]{64}", REDACTOR.fingerprint)


RECORD = {
    "ocid": f"see {JWT}",
    "resourceType": "password=hunter2",
    "displayName": f"vm {JWT}",
    "compartmentId": JWT,
    "region": JWT,
    "lifecycleState": JWT,
    "timeCreated": JWT,
    "definedTags": {"Ops": {"AdminPassword": "hunter2", "Owner": "x"}},
    "freeformTags": {"token": "abc", "env": "prod"},
    "collectedAt": "2026-11-23T04:00:00+00:00",
    "enrichStatus": "ERROR",
    "enrichError": f"serverError ({JWT})",
    "details": {
        "searchSummary": {"additionalDetails": {"userData": "abc"}, "identifier": "ocid1.x.oc1..y"},
        "metadata": {"metadata": {"user_data": "IyE=", "role": "web"}, "url": "https://u:p4ss@h"},
    },
    "relationships": [{"source_ocid": "a", "relation_type": "IN_VCN", "target_ocid": "b"}],
}


def test_a_record_loses_its_secrets_everywhere_and_its_identity_nowhere() -> None:
    before = copy.deepcopy(RECORD)
    redacted, found = REDACTOR.redact_record(RECORD)
    assert before == RECORD
    untouched = [field for field in RECORD if field not in REDACTED_FIELDS]
    assert [redacted[field] for field in untouched] == [RECORD[field] for field in untouched]
    assert tuple(redacted) == tuple(RECORD)
    assert found == [
        "/definedTags/Ops/AdminPassword",
        "/details/metadata/metadata/user_data",
        "/details/metadata/url",
        "/details/searchSummary/additionalDetails/userData",
        "/displayName",
        "/enrichError",
        "/freeformTags/token",
    ]
    assert redacted["displayName"] == f"vm {REDACTED}"
    assert redacted["details"]["metadata"] == {
        "metadata": {"user_data": REDACTED, "role": "web"},
        "url": f"https://u:{REDACTED}@h",
    }


def test_a_redacted_record_is_not_redacted_again() -> None:
    """Details that are carried forward go through redaction twice and must not count as redacted twice."""
    once, _ = REDACTOR.redact_record(RECORD)
    twice, found = REDACTOR.redact_record(once)
    assert twice is once
    assert found == []


keys = st.sampled_from(["password", "token", "name", "value", "secretId", "x", "user_data", "sshPublicKeys"])
words = st.sampled_from(
    [PEM, JWT, SSH, PAR, "https://u:p@h", "password=abc", "Bearer abcdefgh01234567", "", OCID, "plain"]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.builds("{} {}".format, words, words)
    | words,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(keys, children, max_size=4),
    max_leaves=10,
)


@given(values)
@settings(deadline=None, max_examples=300)
def test_redaction_keeps_the_shape_repeats_to_nothing_and_never_changes_its_input(value: Any) -> None:
    before = copy.deepcopy(value)
    redacted, found = REDACTOR.redact(value)
    assert value == before
    assert found == sorted(pointers_of_changes(value, redacted))
    assert REDACTOR.redact(redacted) == (redacted, [])
    for secret in ("MIIEow", "eyJhbGci", "AAAAB3", "TOKENTOKEN"):
        assert secret.encode() not in canonical_line(redacted)
