"""The ports over the OCI SDK; the only importer of `oci`."""
