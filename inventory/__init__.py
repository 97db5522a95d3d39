"""A serverless inventory of an Oracle Cloud Infrastructure tenancy."""

__version__ = "0.1.0"
