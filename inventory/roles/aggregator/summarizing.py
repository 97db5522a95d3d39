"""The executive summary: asked of a language model once the figures are known.

It is no part of the inventory: where it cannot be made, the report says so, and nothing else changes.
"""

from __future__ import annotations

from inventory.coordination.call import Call
from inventory.errors import DeadlineNear, InventoryError, MalformedAnswer
from inventory.exports.facts import RunFacts
from inventory.exports.summary_prompt import MAX_TOKENS, summary_prompt, tidy_answer
from inventory.model.executive_summary import ExecutiveSummary

#: What must be left of a call's time to ask; publishing comes first.
RESERVE_SECONDS = 120.0


def executive_summary(call: Call, facts: RunFacts) -> ExecutiveSummary | None:
    """The summary or why there is none; None where none is wanted. Never raises."""
    summarizer = call.summarizer
    if summarizer is None:
        return None
    model_id = summarizer.model_id
    try:
        if call.deadline.remaining_seconds() < RESERVE_SECONDS:
            raise DeadlineNear("no time left for an executive summary")
        text = tidy_answer(summarizer.complete(summary_prompt(facts), max_tokens=MAX_TOKENS))
        if not text:
            raise MalformedAnswer("the model's answer holds no text")
    except Exception as exc:  # the report is worth more than its summary
        call.log.failure("executive_summary_not_made", exc, model=model_id)
        error = exc.summary() if isinstance(exc, InventoryError) else InventoryError.reason
        return ExecutiveSummary(model_id=model_id, error=error)
    return ExecutiveSummary(model_id=model_id, text=text)
