"""The function's entry point."""

from inventory.entry import handler

__all__ = ["handler"]
