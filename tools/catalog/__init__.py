"""From the installed SDK: proposals for entries of the catalog, and the wire facts of the calls it names."""
