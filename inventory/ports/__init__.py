"""What the roles need from the world, as protocols; `oci_io` implements them over the OCI SDK."""
