"""A language model that puts figures into words."""

from __future__ import annotations

from typing import Protocol


class Summarizer(Protocol):
    """One model."""

    model_id: str

    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The model's answer to a prompt: text that nobody has checked.

        Raises RetryLater, RecordGap.
        """
        ...
