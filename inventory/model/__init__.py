"""Values: canonical bytes, identifiers, object names and the stored documents. No I/O, no clock."""
