"""Generative AI inference: a chat that answers the same text to the same prompt and quotes its figures.

No model is behind it: the text says how long the prompt was and repeats the first numbers in it, so that a
reader can tell that the prompt arrived. Streaming is not emulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from emulator.sdk.values import service_time
from emulator.tenancy.values import Tenancy
from emulator.wire import Principal, Request, Response, ServiceError, not_found

_GENERIC, _COHERE, _COHERE_V2 = "GENERIC", "COHERE", "COHEREV2"
# Some of the models that are offered on demand, with the format that each takes; an OCID of a model or an
# endpoint is taken as it is, with any format.
MODELS = {
    "cohere.command-a-03-2025": _COHERE,
    "cohere.command-a-reasoning-08-2025": _COHERE_V2,
    "cohere.command-a-vision-07-2025": _COHERE_V2,
    "cohere.command-r-08-2024": _COHERE,
    "cohere.command-r-plus-08-2024": _COHERE,
    "meta.llama-3.3-70b-instruct": _GENERIC,
    "meta.llama-4-maverick-17b-128e-instruct-fp8": _GENERIC,
    "openai.gpt-oss-120b": _GENERIC,
    "xai.grok-4": _GENERIC,
}
_OWN_MODEL = re.compile(r"ocid1\.generativeai(model|endpoint)\.")
_QUOTED_FIGURES = 20


class GenerativeAiService:
    """Answers Chat of API version 20231130."""

    def __init__(self, tenancy: Tenancy, *, clock: Callable[[], datetime]) -> None:
        self._tenancy = tenancy
        self._clock = clock

    def handle(self, request: Request, principal: Principal) -> Response:  # noqa: ARG002
        """Answer a chat. Raises: ServiceError 400 for a wrong request, 404 for an unknown model."""
        self._tenancy.require_ready(request.region)
        if (request.method, request.path) != ("POST", "/20231130/actions/chat"):
            raise not_found()
        asked = request.json()
        if not isinstance(asked, dict):
            raise _wrong("The request must be an object.")
        self._check_compartment(asked.get("compartmentId"))
        model = _model(asked.get("servingMode"))
        chat = asked.get("chatRequest")
        if not isinstance(chat, dict):
            raise _wrong("chatRequest is required.")
        chat_format = chat.get("apiFormat")
        if chat_format not in (_GENERIC, _COHERE, _COHERE_V2):
            raise _wrong("chatRequest.apiFormat must be GENERIC, COHERE or COHEREV2.")
        if chat.get("isStream"):
            raise _wrong("Streaming is not emulated.")
        if MODELS.get(model, chat_format) != chat_format:
            raise _wrong(f"The model {model} does not take the format {chat_format}.")
        prompt = _cohere_prompt(chat) if chat_format == _COHERE else _generic_prompt(chat)
        text, finish_reason, usage = _answer(prompt, chat.get("maxTokens"))
        tell = {_GENERIC: self._generic, _COHERE: self._cohere, _COHERE_V2: self._cohere_v2}[chat_format]
        answer = tell(text, finish_reason)
        return Response.of_json(
            {"modelId": model, "modelVersion": "1.0", "chatResponse": {**answer, "usage": usage}}
        )

    def _check_compartment(self, compartment_id: object) -> None:
        if not isinstance(compartment_id, str):
            raise _wrong("compartmentId is required.")
        known = self._tenancy.resources.get(compartment_id)
        is_compartment = known is not None and known.resource_type == "Compartment"
        if compartment_id != self._tenancy.tenancy_id and not is_compartment:
            raise not_found()

    def _generic(self, text: str, finish_reason: str) -> dict[str, Any]:
        message = {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": text}]}
        return {
            "apiFormat": _GENERIC,
            "timeCreated": service_time(self._clock()),
            "choices": [{"index": 0, "message": message, "finishReason": finish_reason}],
        }

    def _cohere(self, text: str, finish_reason: str) -> dict[str, Any]:
        reason = "MAX_TOKENS" if finish_reason == "length" else "COMPLETE"
        return {"apiFormat": _COHERE, "text": text, "finishReason": reason, "chatHistory": []}

    def _cohere_v2(self, text: str, finish_reason: str) -> dict[str, Any]:
        message = {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": text}]}
        reason = "MAX_TOKENS" if finish_reason == "length" else "COMPLETE"
        return {"apiFormat": _COHERE_V2, "id": "emulated", "message": message, "finishReason": reason}


def _model(mode: object) -> str:
    if not isinstance(mode, dict):
        raise _wrong("servingMode is required.")
    name = mode.get("modelId") if mode.get("servingType") == "ON_DEMAND" else mode.get("endpointId")
    if not isinstance(name, str):
        raise _wrong("servingMode must be ON_DEMAND with modelId, or DEDICATED with endpointId.")
    if name not in MODELS and not _OWN_MODEL.match(name):
        raise ServiceError(404, "NotAuthorizedOrNotFound", f"Entity with key {name} not found")
    return name


def _generic_prompt(chat: dict[str, Any]) -> str:
    messages = chat.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _wrong("chatRequest.messages must not be empty.")
    parts = [part for message in messages for part in message.get("content") or []]
    return "\n".join(str(part.get("text", "")) for part in parts)


def _cohere_prompt(chat: dict[str, Any]) -> str:
    message = chat.get("message")
    if not isinstance(message, str) or not message:
        raise _wrong("chatRequest.message must not be empty.")
    return "\n".join(filter(None, (chat.get("preambleOverride"), message)))


def _answer(prompt: str, max_tokens: object) -> tuple[str, str, dict[str, int]]:
    """The text, why it ends, and the tokens that it cost; a word is a token here."""
    figures = list(dict.fromkeys(re.findall(r"\d+(?:[.,]\d+)*", prompt)))[:_QUOTED_FIGURES]
    words = (
        f"Emulated summary of {len(prompt.split())} words. Figures: {', '.join(figures) or 'none'}.".split()
    )
    limit = max_tokens if isinstance(max_tokens, int) and max_tokens > 0 else len(words)
    finish_reason = "length" if limit < len(words) else "stop"
    told, asked = words[:limit], len(prompt.split())
    usage = {
        "promptTokens": asked,
        "completionTokens": len(told),
        "totalTokens": asked + len(told),
    }
    return " ".join(told), finish_reason, usage


def _wrong(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)
