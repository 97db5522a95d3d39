"""What counts as a secret, as data: by a field's name, and by a text's form.

Names are compared without letter case and without anything but letters and digits (`user_data`,
`userData`, `User-Data`), as a whole or by how they end; never by what they merely contain, because
`secretName`, `tokenExpiryInSeconds` or `passwordPolicy` are no secrets. `redact` applies the tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: What stands where a secret stood.
REDACTED = "[REDACTED]"

#: Names whose text is a secret; a number or a flag under them is a setting.
TEXT_NAMES = frozenset(
    {
        "accesskeysecret",
        "authorization",
        "community",
        "communitystring",
        "idtoken",
        "otp",
        "passcode",
        "psk",
        "pwd",
        "secret",
        "seed",
        "snmpcommunity",
        "token",
        "totpseed",
        "wallet",
    }
)

#: Endings of names that hold secrets whatever the value is, numbers included.
SECRET_ENDINGS = (
    "accesstoken",
    "accessuri",
    "accountkey",
    "apikey",
    "apisecret",
    "apitoken",
    "appsecret",
    "authenticationtoken",
    "authtoken",
    "bearertoken",
    "bootstraptoken",
    "clientsecret",
    "consumersecret",
    "delegationtoken",
    "encodedwallet",
    "passphrase",
    "passwd",
    "password",
    "passwordhash",
    "passwords",
    "presharedkey",
    "privatekey",
    "privatekeycontent",
    "privatekeypem",
    "refreshtoken",
    "registrationtoken",
    "sastoken",
    "secretaccesskey",
    "secretbundlecontent",
    "secretcontent",
    "secretkey",
    "secretvalue",
    "securitytoken",
    "sessiontoken",
    "sharedsecret",
    "sshauthorizedkey",
    "sshauthorizedkeys",
    "sshkey",
    "sshkeys",
    "sshpublickey",
    "sshpublickeys",
    "userdata",
    "walletcontent",
    "webhooksecret",
)

#: Endings of names that hold secrets where users choose the names: in tags, metadata and configurations.
FREE_ENDINGS = (
    "credential",
    "credentials",
    "dbpass",
    "encryptionkey",
    "masterkey",
    "passcode",
    "pwd",
    "secret",
    "signingkey",
    "token",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretForm:
    """A form that secrets have in texts.

    `markers` are words in lower case that all occur in every text with the form: looking for them first is
    what keeps redaction cheap. `replacement` keeps what stands around the secret.
    """

    name: str
    markers: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str = REDACTED


_FLAGS = re.ASCII | re.DOTALL
# A password after an equals sign, or in JSON inside a text; not flags, and not what stands for a value.
_ASSIGNED = (
    r"""((?i:password|passwd|pwd)(?:\s*=\s*["']?|\\?["']\s*:\s*\\?["']))"""
    r"""(?!(?:true|false|null|none)\b)[^\s;&,"'})\\$<{%*\[][^\s;&,"'})\\]*"""
)
_SSH_KEY = r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+)\s+AAAA[\w+/=]{16,}"
_ACCESS_KEY = r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"

SECRET_FORMS = (
    SecretForm(
        name="privateKey",
        markers=("private key",),
        pattern=re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
            _FLAGS,
        ),
    ),
    SecretForm(
        name="jsonWebToken",
        markers=("eyj",),
        pattern=re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", _FLAGS),
    ),
    SecretForm(
        name="preauthenticatedRequest",
        markers=("/p/", "/n/"),
        pattern=re.compile(r"""(?<=/p/)[^/\s"']{16,}(?=/n/)""", _FLAGS),
    ),
    SecretForm(
        name="urlPassword",
        markers=("://", "@"),
        pattern=re.compile(r"""(://[^\s/:@"'<>]*:)[^\s/"'<>]+(?=@)""", _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
    SecretForm(
        name="jdbcPassword",
        markers=("jdbc:oracle:", "@"),
        pattern=re.compile(r"(jdbc:oracle:\w+:[^\s/@:]+/)[^\s@]+(?=@)", _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
    SecretForm(
        name="assignedPassword",
        markers=("passw",),
        pattern=re.compile(_ASSIGNED, _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
    SecretForm(
        name="assignedPwd",
        markers=("pwd",),
        pattern=re.compile(_ASSIGNED, _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
    SecretForm(
        name="bearerToken",
        markers=("bearer",),
        pattern=re.compile(r"((?i:\bbearer)\s+)(?=\S*\d)[\w.~+/=-]{16,}", _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
    SecretForm(name="accessKey", markers=("akia",), pattern=re.compile(_ACCESS_KEY, _FLAGS)),
    SecretForm(name="temporaryAccessKey", markers=("asia",), pattern=re.compile(_ACCESS_KEY, _FLAGS)),
    SecretForm(name="sshKey", markers=("ssh-", "aaaa"), pattern=re.compile(_SSH_KEY, _FLAGS)),
    SecretForm(name="ecdsaKey", markers=("ecdsa-", "aaaa"), pattern=re.compile(_SSH_KEY, _FLAGS)),
    SecretForm(
        name="basicCredentials",
        markers=("basic ",),
        pattern=re.compile(r"((?i:\bbasic)\s+)(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{12,}={0,2}", _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
    SecretForm(
        name="accountKey",
        markers=("key=",),
        pattern=re.compile(r"((?i:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/=]{16,}", _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
    SecretForm(
        name="gitHubToken",
        markers=("gh", "_"),
        pattern=re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})", _FLAGS),
    ),
    SecretForm(name="gitLabToken", markers=("glpat-",), pattern=re.compile(r"\bglpat-[\w-]{16,}", _FLAGS)),
    SecretForm(name="slackToken", markers=("xox",), pattern=re.compile(r"\bxox[abeoprs]-[\w-]{10,}", _FLAGS)),
    SecretForm(
        name="stripeKey",
        markers=("_live_",),
        pattern=re.compile(r"\b(?:sk|rk)_live_[A-Za-z0-9]{16,}", _FLAGS),
    ),
    SecretForm(name="googleApiKey", markers=("aiza",), pattern=re.compile(r"\bAIza[\w-]{35}", _FLAGS)),
    SecretForm(
        name="encodedPrivateKey",
        markers=("ls0tls1crudjti",),
        pattern=re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{32,}", _FLAGS),
    ),
    SecretForm(
        name="slackWebhook",
        markers=("hooks.slack.com",),
        pattern=re.compile(r"(hooks\.slack\.com/services/)[\w/]+", _FLAGS),
        replacement=rf"\1{REDACTED}",
    ),
)
