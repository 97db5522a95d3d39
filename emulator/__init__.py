"""An emulated OCI tenancy: an independent reading of OCI's documented wire, for development and tests.

It never imports `inventory`, and `inventory` never imports it.
"""
