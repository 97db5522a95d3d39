"""The executive summary that a language model wrote of a run, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutiveSummary:
    """Either `text`, a model's words (untrusted, paragraphs of limited length), or `error`, the failure's
    class; `model_id` is the model that was asked."""

    model_id: str
    text: str | None = None
    error: str | None = None
