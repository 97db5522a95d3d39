"""The forms that secrets have in texts, as data: vendors' tokens, keys, hashes, passwords that are assigned.

What counts by a field's name is in `secrets`; `redact` applies both. A form says what stands around the
secret, so that the rest of the text stays. No form finds anything in what it left behind, and none takes more
than a time proportional to the text: what is looked for behind a word is looked for in a limited distance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inventory.stages.secrets import REDACTED

#: Where a text is shorter, only the forms with `is_short` can be in it.
LONG_CHARACTERS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretForm:
    """A form that secrets have in texts.

    Every text with the form has one of `markers` in it, and `beside`, in lower case: looking for them first
    is what keeps redaction cheap. `is_short` forms occur in texts of less than `LONG_CHARACTERS`.
    `replacement` keeps what stands around the secret.
    """

    name: str
    markers: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str = REDACTED
    beside: str = ""
    is_short: bool = False

    def may_be_in(self, lowered: str) -> bool:
        """Whether a text in lower case has what every text with the form has."""
        if self.beside in lowered:
            # A generator would cost more than what it looks at.
            for marker in self.markers:
                if marker in lowered:
                    return True
        return False


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.DOTALL)


_KEEP = rf"\1{REDACTED}"

# What stands for a value: variables, placeholders, flags, and what was redacted before.
_VALUE = r"(?!(?:true|false|null|none)\b)(?![\s;&,\"'})\\$<{%*\[])"
# Tokens are told from words by their digits; numbers, references and addresses are none.
_WITH_DIGITS = r"(?!ocid1\.|https?:|\d+\b)(?=[^\s\"'&;,]{0,256}\d)"
# In quotes, up to the closing one; the group holds the opening one.
_QUOTED = r"(\\?[\"'])" + _VALUE + r"(?:(?!\2)[^\n])+(?=\2)"

_PASSWORDS = r"(?i:password|passwd|passphrase|pwd)"
_TOKENS = (
    r"(?<![\w-])(?![\w-]*(?i:page|next|continuation|pagination)[_-]?(?i:token))"
    r"[\w-]*(?i:token|secret|api[_-]?key|secret[_-]?key|access[_-]?key|private[_-]?key|signature)"
)
_BASE64 = r"[A-Za-z0-9+/]"
# A run of base64 that has one of these words in it, whichever of its bytes they begin at.
_BASE64_WITH = r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]*(?:{})[A-Za-z0-9+/]{{4,}}={{0,2}}(?:\r?\n[A-Za-z0-9+/=]+)*"
_PRIVATE_KEY = ("UFJJVkFURSBLRV", "BSSVZBVEUgS0VZ", "QUklWQVRFIEtFW")
_WALLET_FILE = (
    *("Y3dhbGxldC5zc2", "N3YWxsZXQuc3Nv", "jd2FsbGV0LnNzb"),
    *("ZXdhbGxldC5wMT", "V3YWxsZXQucDEy", "ld2FsbGV0LnAxM"),
)
_USER_DATA = ("I2Nsb3VkLWNvbmZpZ", "IyEv", "Q29udGVudC1UeXBlOiBtdWx0aXBhcnQvbWl4ZW")


def _lowered(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


_KEYS = (
    SecretForm(
        name="privateKey",
        markers=("private key",),
        pattern=_compiled(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
        ),
    ),
    SecretForm(
        name="puttyKey",
        markers=("private-lines:",),
        pattern=_compiled(r"(Private-Lines: \d+\s)(?!\[).+?(?=Private-MAC|\Z)"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="encodedPrivateKey",
        markers=_lowered(_PRIVATE_KEY),
        pattern=_compiled(_BASE64_WITH.format("|".join(_PRIVATE_KEY))),
    ),
    SecretForm(
        name="binaryPrivateKey",
        markers=("ibadanbgkqhkig9w0baqefaas", "ibaak", "ageambmgbyqgsm49"),
        pattern=_compiled(
            rf"(?<!{_BASE64})MI(?:I{_BASE64}{{2,3}}IBADANBgkqhkiG9w0BAQEFAAS|I{_BASE64}{{2,3}}IBAAK"
            rf"|{_BASE64}{{3,4}}AgEAMBMGByqGSM49AgEG){_BASE64}{{16,}}={{0,2}}(?:\r?\n[A-Za-z0-9+/=]+)*"
        ),
    ),
    SecretForm(
        name="sshKey",
        markers=("ssh-", "ecdsa-"),
        beside="aaaa",
        pattern=_compiled(
            r"(?:sk-)?(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+)(?:@openssh\.com)?\s+AAAA[\w+/=]{16,}"
        ),
    ),
    SecretForm(
        name="sshKeyFile",
        markers=("begin ssh2 public key",),
        pattern=_compiled(r"---- BEGIN SSH2 PUBLIC KEY ----.*?(?:---- END SSH2 PUBLIC KEY ----|\Z)"),
    ),
    SecretForm(
        name="wallet",
        markers=("ofho",),
        pattern=_compiled(rf"(?<!{_BASE64})ofhO{_BASE64}{{40,}}={{0,2}}(?:\r?\n[A-Za-z0-9+/=]+)*"),
    ),
    SecretForm(
        name="walletArchive",
        markers=_lowered(_WALLET_FILE),
        pattern=_compiled(_BASE64_WITH.format("|".join(_WALLET_FILE))),
    ),
    SecretForm(
        name="cloudConfig", markers=("#cloud-config",), pattern=_compiled(r"#cloud-config\s(?!\[).{6,}")
    ),
    SecretForm(
        name="encodedUserData",
        markers=_lowered(_USER_DATA),
        pattern=_compiled(
            rf"(?<!{_BASE64})(?:{'|'.join(_USER_DATA)}){_BASE64}{{16,}}={{0,2}}(?:\r?\n[A-Za-z0-9+/=]+)*"
        ),
    ),
)

_HASHES = (
    SecretForm(
        name="passwordHash",
        markers=("$",),
        pattern=_compiled(
            r"(?<![A-Za-z0-9$])(?:\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"
            r"|\$(?:1|5|6|7|y|gy|apr1|sm3|md5)\$(?:[\w.,=-]{1,64}\$)?[./A-Za-z0-9]{1,64}\$[./A-Za-z0-9]{20,}"
            r"|\$(?:argon2(?:id|i|d)|pbkdf2(?:-sha\d+)?|scrypt|bcrypt-sha256)\$[^\s\"'<>:;]{20,}"
            r"|(?:pbkdf2_sha\d+|pbkdf2:sha\d+(?::\d+)?|scrypt(?::\d+){3}|argon2|bcrypt_sha256)\$[^\s\"'<>;]{20,}"
            r"|SCRAM-SHA-(?:1|256|512)\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=:]{20,}"
            r"|\$[PH]\$[./A-Za-z0-9]{31})"
        ),
    ),
    SecretForm(
        name="directoryHash",
        markers=("{ssha", "{sha", "{smd5}", "{md5}", "{crypt}", "{pbkdf2", "{argon2"),
        pattern=_compiled(
            r"\{(?i:S?SHA(?:224|256|384|512)?|S?MD5|CRYPT|PBKDF2[\w-]*|ARGON2\w*)\}[\w+/=$.,:-]{16,}"
        ),
    ),
    SecretForm(
        name="mySqlHash", markers=("*",), pattern=_compiled(r"(?<![\w*])\*[0-9A-F]{40}(?![0-9A-Fa-f])")
    ),
)

_ASSIGNMENTS = (
    SecretForm(
        name="urlPassword",
        markers=("://",),
        beside="@",
        is_short=True,
        # A port before a query is no password.
        pattern=_compiled(r"(://[^\s/:@\"'<>]*:)(?!\d{1,5}[/?#])[^\s/\"'<>]+(?=@)"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="jdbcPassword",
        markers=("jdbc:oracle:",),
        beside="@",
        pattern=_compiled(r"(jdbc:oracle:\w{3,9}:[^\s/@:]+/)[^\s@]{1,256}(?=@)"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="sqlPlusPassword",
        markers=("sqlplus",),
        beside="@",
        is_short=True,
        pattern=_compiled(r"(\bsqlplus\s+(?:-\w+\s+)*[^\s/@]+/)[^\s@]+(?=@)"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="sqlPassword",
        markers=("identified by",),
        pattern=_compiled(r"((?i:\bidentified by\s+(?:values\s+)?)\\?[\"'])(?!\[)[^\"'\\]{4,}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="assignedPassword",
        markers=("pass", "pwd"),
        beside="=",
        is_short=True,
        pattern=_compiled(
            rf"((?:{_PASSWORDS}|(?<![A-Za-z])(?i:pass))\s*=\s*)(?:{_QUOTED}|([\"']?){_VALUE}[^\s;&,\"'}})\\]+)"
        ),
        replacement=rf"\1\2\3{REDACTED}",
    ),
    SecretForm(
        name="quotedPassword",
        markers=("pass", "pwd"),
        beside=":",
        is_short=True,
        pattern=_compiled(rf"({_PASSWORDS}\\?[\"']\s*:\s*(\\?[\"'])){_VALUE}(?:(?!\2).)+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="passwordLine",
        markers=("pass", "pwd"),
        beside=":",
        is_short=True,
        # A line of YAML. In prose a sentence follows, or a word without digits.
        pattern=_compiled(
            rf"((?:\A|\n|\\n)[ \t]*(?:-[ \t]+)?[\w.-]*{_PASSWORDS}[ \t]*:[ \t]+[\"']?){_VALUE}"
            r"(?!ocid1\.|https?:)(?=\S{0,256}[0-9!@#$^&+=~])[^\s\"'\\]{4,}(?=[\"']?[ \t]*(?:\r?\n|\\n|#|\Z))"
        ),
        replacement=_KEEP,
    ),
    SecretForm(
        name="assignedToken",
        markers=("token", "secret", "key", "signature"),
        beside="=",
        is_short=True,
        pattern=_compiled(rf"({_TOKENS}\s*=\s*\\?[\"']?){_VALUE}{_WITH_DIGITS}[^\s;&,\"'}})\\]{{8,}}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="quotedToken",
        markers=("token", "secret", "key"),
        beside='"',
        is_short=True,
        pattern=_compiled(rf"({_TOKENS}\\?\"\s*:\s*\\?\"){_VALUE}{_WITH_DIGITS}[^\s\"\\]{{8,}}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="optionPassword",
        markers=("pass", "token", "secret"),
        beside="--",
        is_short=True,
        pattern=_compiled(
            r"((?<![\w-])--[\w-]*(?:password|passwd|passphrase|token|secret)\s+[\"']?)(?!-)"
            rf"{_VALUE}(?=\S{{0,256}}[0-9!@#$^&])[^\s\"'\\]{{4,}}"
        ),
        replacement=_KEEP,
    ),
    SecretForm(
        name="curlPassword",
        markers=(" -u ", "--user "),
        beside="curl ",
        is_short=True,
        pattern=_compiled(r"(\bcurl [^\n]{0,256}?(?: -u|--user) +[\"']?[^\s:\"']+:)(?![$\[])[^\s\"']+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="dockerAuth",
        markers=("auths",),
        pattern=_compiled(rf"(\"auth\\?\"\s*:\s*\\?\"){_BASE64}{{12,}}={{0,2}}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="accountKey",
        markers=("accountkey=", "sharedaccesskey="),
        pattern=_compiled(rf"((?i:AccountKey|SharedAccessKey)=){_BASE64}{{16,}}={{0,2}}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="signedUrl",
        markers=("sig=",),
        pattern=_compiled(r"((?<![A-Za-z])sig=)(?!\[)[\w%+/=.-]{16,}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="otpSeed",
        markers=("otpauth://",),
        pattern=_compiled(r"(otpauth://[^\s\"']{0,256}?[?&]secret=)[A-Za-z2-7]+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="snmpCommunity",
        markers=("snmp-server community",),
        pattern=_compiled(r"((?i:snmp-server community)\s+)(?!\[)\S+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="preSharedKey",
        markers=("shared-key", "sharedkey"),
        pattern=_compiled(
            r"((?i:pre-?shared-?key)(?:\s+(?:local|remote|ascii-text|hexadecimal|address\s+\S+\s+key))*"
            r"\s*(?:[\s:=]|=>)\s*[\"']?)(?!\[)(?=\S{0,256}\d)[^\s\"';,]{6,}"
        ),
        replacement=_KEEP,
    ),
)

_HEADERS = (
    SecretForm(
        name="jsonWebToken",
        markers=("eyj",),
        pattern=_compiled(r"(?<![\w-])eyJ[\w-]{8,}\.(?:[\w-]{8,}(?:\.[\w-]*){1,3}|(?:\.[\w-]+){3})"),
    ),
    SecretForm(
        name="bearerToken",
        markers=("bearer",),
        pattern=_compiled(r"((?i:\bbearer)\s+)(?=\S{0,256}\d)[\w.~+/=-]{16,}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="basicCredentials",
        markers=("basic ",),
        pattern=_compiled(rf"((?i:\bbasic)\s+)(?=[A-Za-z+/]*[0-9=]){_BASE64}{{12,}}={{0,2}}"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="authorizationHeader",
        markers=("authorization",),
        pattern=_compiled(
            r"((?i:authorization)\\?[\"']?\s*[:=]\s*\\?[\"']?(?:[A-Za-z][\w-]*\s+)?)"
            r"(?=[^\s\"',;]{0,256}\d)[^\s\"',;\[]{8,}"
        ),
        replacement=_KEEP,
    ),
    SecretForm(
        name="tokenHeader",
        markers=("-key:", "-token:", "-secret:"),
        pattern=_compiled(
            r"((?i:(?<![\w-])(?:x-[\w-]+|private|api|dd-api|circle|job|deploy)-(?:key|token|secret))"
            rf":\s*[\"']?){_VALUE}{_WITH_DIGITS}[^\s\"',;]{{12,}}"
        ),
        replacement=_KEEP,
    ),
)

_ADDRESSES = (
    SecretForm(
        name="preauthenticatedRequest",
        markers=("/p/",),
        beside="/n/",
        pattern=_compiled(r"(/p/)[^/\s\"'\[]{16,}(?=/n/)"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="slackWebhook",
        markers=("hooks.slack.com",),
        pattern=_compiled(r"(hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/]+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="teamsWebhook",
        markers=("office.com/webhook", "office365.com/webhook"),
        pattern=_compiled(r"(office(?:365)?\.com/webhook(?:b2)?/)[\w@/-]+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="discordWebhook",
        markers=("/api/webhooks/",),
        pattern=_compiled(r"(/api/webhooks/\d{4,}/)[\w-]+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="pagerDutyIntegration",
        markers=("pagerduty.com/integration/",),
        pattern=_compiled(r"(pagerduty\.com/integration/)\w+"),
        replacement=_KEEP,
    ),
    SecretForm(
        name="telegramBot",
        markers=("api.telegram.org/bot",),
        pattern=_compiled(r"(api\.telegram\.org/bot)\d+:[\w-]+"),
        replacement=_KEEP,
    ),
)

# Vendors' tokens begin with words that nothing else begins with: name, markers, form.
_VENDORS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("accessKey", ("akia", "asia"), r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("gitHubToken", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{20,}"),
    ("gitHubFineToken", ("github_pat_",), r"\bgithub_pat_\w{20,}"),
    ("gitLabToken", ("glpat-", "gldt-", "glrt-", "glptt-"), r"\bgl(?:pat|dt|rt|ptt)-[\w.-]{16,}"),
    ("slackToken", ("xox",), r"\bxox[abceoprs]-[\w-]{13,}"),
    ("slackAppToken", ("xapp-",), r"\bxapp-\d-[\w-]{16,}"),
    ("stripeKey", ("k_live_", "k_test_"), r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("stripeWebhook", ("whsec_",), r"\bwhsec_[A-Za-z0-9+/=]{16,}"),
    ("googleApiKey", ("aiza",), r"\bAIza[\w-]{35}"),
    ("googleOAuth", ("ya29.", "gocspx-"), r"\b(?:ya29\.|GOCSPX-)[\w-]{20,}"),
    ("npmToken", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}"),
    ("pyPiToken", ("pypi-age",), r"\bpypi-AgE[\w-]{32,}"),
    ("sendGridKey", ("sg.",), r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    ("vaultToken", ("hvs.", "hvb."), r"\bhv[sb]\.[\w-]{24,}"),
    ("digitalOceanToken", ("dop_v1_",), r"\bdop_v1_[0-9a-f]{64}"),
    ("databricksToken", ("dapi",), r"\bdapi[0-9a-f]{32}"),
    ("languageModelKey", ("sk-proj-", "sk-ant-", "sk-svcacct-"), r"\bsk-(?:proj|ant|svcacct)-[\w-]{20,}"),
    ("huggingFaceToken", ("hf_",), r"\bhf_[A-Za-z0-9]{30,}"),
    ("terraformToken", (".atlasv1.",), r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}"),
    ("grafanaToken", ("glsa_", "glc_"), r"\b(?:glsa|glc)_[A-Za-z0-9+/=_]{32,}"),
    ("newRelicKey", ("nrak-",), r"\bNRAK-[A-Z0-9]{27}"),
    ("dockerToken", ("dckr_pat_",), r"\bdckr_pat_[\w-]{20,}"),
    ("atlassianToken", ("atatt3",), r"\bATATT3[\w=-]{40,}"),
)


def _vendor_forms() -> Iterator[SecretForm]:
    for name, markers, pattern in _VENDORS:
        yield SecretForm(name=name, markers=markers, pattern=_compiled(pattern))


#: In the order in which they are applied: what holds others comes first.
SECRET_FORMS: tuple[SecretForm, ...] = (
    *_KEYS,
    *_HASHES,
    *_HEADERS,
    *_ADDRESSES,
    *_vendor_forms(),
    *_ASSIGNMENTS,
)
