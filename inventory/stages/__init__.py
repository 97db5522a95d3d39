"""The steps from search items to a diff: values or iterables in, the same out. No I/O, no clock."""
