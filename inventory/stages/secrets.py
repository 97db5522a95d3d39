"""What counts as a secret, as data: by a field's name, and by a text's form.

Names are compared without letter case and without anything but letters and digits (`user_data`,
`userData`, `User-Data`), as a whole or by how they end; never by what they merely contain, because
`secretName`, `tokenExpiryInSeconds` or `passwordPolicy` are no secrets. `redact` applies the tables; the
forms are in `secret_forms`. Names of fields are those of the SDK's models and of common software.
"""

from __future__ import annotations

#: What stands where a secret stood.
REDACTED = "[REDACTED]"

#: Names whose text is a secret, and so are the texts below; a number or a flag under them is a setting.
TEXT_NAMES = frozenset(
    {
        "accesskeysecret",
        "auths",
        "community",
        "communitystring",
        "credentialpayload",
        "idtoken",
        "kubeconfig",
        "otp",
        "passcode",
        "psk",
        "pwd",
        "rawcredential",
        "salt",
        "secret",
        "seed",
        "snmpcommunity",
        "token",
        "totpseed",
        "wallet",
    }
)

#: Names whose own text is a secret; an object below them describes one (an API's authorization policy).
OWN_TEXT_NAMES = frozenset({"authorization", "cookie", "proxyauthorization", "setcookie"})

#: Endings of such names.
OWN_TEXT_ENDINGS = ("secret",)

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
    "bootstrapkubeletconf",
    "bootstraptoken",
    "bottoken",
    "bypasscode",
    "bypasscodes",
    "clientkeydata",
    "clientsecret",
    "cloudinit",
    "cloudinitscript",
    "consumersecret",
    "credentialfilecontent",
    "currenttoken",
    "databasewallet",
    "delegationtoken",
    "deploytoken",
    "dockerconfigjson",
    "edgetokenkey",
    "edgetokensalt",
    "encodedwallet",
    "identitytoken",
    "initscript",
    "integrationkey",
    "jointoken",
    "keystorecontent",
    "keytabcontent",
    "mixedsalt",
    "obotoken",
    "otpcode",
    "passphrase",
    "passwd",
    "password",
    "passwordhash",
    "passwords",
    "passwordverifier",
    "passwordverifiers",
    "plaintextkey",
    "presharedkey",
    "principaltoken",
    "privatekey",
    "privatekeycontent",
    "privatekeypem",
    "privatetoken",
    "recoverycodes",
    "refreshtoken",
    "registrationtoken",
    "resettoken",
    "sastoken",
    "secretaccesskey",
    "secretbundlecontent",
    "secretcontent",
    "secretkey",
    "secretkeya",
    "secretkeyb",
    "secretkeynoncea",
    "secretkeynonceb",
    "secretkeytemporary",
    "secretvalue",
    "securitytoken",
    "sessiontoken",
    "sharedaccesskey",
    "sharedkey",
    "sharedsecret",
    "sshauthorizedkey",
    "sshauthorizedkeys",
    "sshkey",
    "sshkeys",
    "sshpublickey",
    "sshpublickeys",
    "sslkey",
    "totptoken",
    "trusttoken",
    "userdata",
    "usertoken",
    "walletbase64",
    "walletcontent",
    "walletfile",
    "webhooksecret",
)

#: Endings of names that hold secrets where users choose the names: in tags, metadata, configurations, and
#: objects with a name and a value.
FREE_ENDINGS = (
    "adminpass",
    "credential",
    "credentials",
    "dbpass",
    "encryptionkey",
    "mailpass",
    "masterkey",
    "passcode",
    "psk",
    "pwd",
    "rootpass",
    "secret",
    "signingkey",
    "smtppass",
    "token",
    "userpass",
)

#: Objects whose keys are their users' own words, folded like other names.
FREE_NAMES = frozenset(
    {
        "additionalattributes",
        "config",
        "configuration",
        "connectionproperties",
        "definedtags",
        "environmentvariables",
        "extendedmetadata",
        "freeformtags",
        "labels",
        "metadata",
        "securityattributes",
        "systemtags",
        "variables",
    }
)

#: Endings of names that say something about a secret next to them: `password: {valueType, secretId}`.
DESCRIBING_ENDINGS = ("algorithm", "encoding", "id", "ocid", "secretname", "type", "version")

#: In objects such as `{"name": "DB_PASSWORD", "value": "..."}` the name decides about the value.
PAIR_NAMES = ("name", "key")
PAIR_VALUES = frozenset({"value", "defaultValue", "default_value"})

#: A field with a name like any other is a secret where this one stands next to it: an agent's install key.
TOLD_BY = {"allowedKeyInstallCount": "key"}
