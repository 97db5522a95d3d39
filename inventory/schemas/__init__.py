"""A JSON Schema (draft-07) for every stored kind of document and line, and the columns of the tables."""
