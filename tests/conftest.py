"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# No test asserts wall time, and a busy machine must not fail one.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
