"""The ports over the OCI SDK; the only importer of `oci`."""

import logging

# The SDK logs at INFO while it is imported, which is before a function's handler can set up its logs.
logging.getLogger("oci").setLevel(logging.WARNING)
