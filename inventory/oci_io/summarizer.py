"""Text from a chat model of OCI Generative AI, served on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inventory.errors import MalformedAnswer, RequestRefused
from inventory.oci_io.answers import Answer, object_of, objects_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey

_Form = Callable[[str, int], dict[str, Any]]


def _generic(prompt: str, max_tokens: int) -> dict[str, Any]:
    return {"apiFormat": "GENERIC", "messages": _messages(prompt), "maxTokens": max_tokens}


def _openai(prompt: str, max_tokens: int) -> dict[str, Any]:
    # OpenAI's newer models refuse maxTokens; maxCompletionTokens covers what they think too.
    return {"apiFormat": "GENERIC", "messages": _messages(prompt), "maxCompletionTokens": max_tokens}


def _cohere(prompt: str, max_tokens: int) -> dict[str, Any]:
    return {"apiFormat": "COHERE", "message": prompt, "maxTokens": max_tokens}


def _cohere_v2(prompt: str, max_tokens: int) -> dict[str, Any]:
    return {"apiFormat": "COHEREV2", "messages": _messages(prompt), "maxTokens": max_tokens}


def _messages(prompt: str) -> list[dict[str, Any]]:
    return [{"role": "USER", "content": [{"type": "TEXT", "text": prompt}]}]


#: The chat request's form by the beginning of a model's name; the first that fits holds. An OCID doesn't say
#: whose model it is: there the forms are tried in turn.
_FORMS_BY_NAME: Mapping[str, tuple[_Form, ...]] = {
    "cohere.command-a-vision": (_cohere_v2,),
    "cohere.command-a-reasoning": (_cohere_v2,),
    "cohere.": (_cohere,),
    "openai.": (_openai,),
    "ocid1.": (_generic, _cohere, _cohere_v2),
    "": (_generic,),
}


class OciGenerativeAi:
    """One model, by its name or OCID, paid for by one compartment."""

    def __init__(
        self,
        caller: Caller,
        *,
        region: str,
        compartment_id: str,
        model_id: str,
        read_timeout_seconds: float | None = None,
    ) -> None:
        self.model_id = model_id
        self._caller = caller
        self._key = ClientKey(
            service="generative_ai_inference",
            client="GenerativeAiInferenceClient",
            region=region,
            read_timeout_seconds=read_timeout_seconds,
        )
        self._compartment_id = compartment_id
        self._forms = next(
            forms for beginning, forms in _FORMS_BY_NAME.items() if model_id.startswith(beginning)
        )

    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The model's answer to a prompt: text that nobody has checked.

        Raises RetryLater, also where the answer holds no text; RecordGap.
        """
        for form in self._forms[:-1]:
            try:
                return self._chat(form(prompt, max_tokens))
            except RequestRefused as error:
                if error.status != 400:
                    raise
        return self._chat(self._forms[-1](prompt, max_tokens))

    def _chat(self, request: dict[str, Any]) -> str:
        details = {
            "compartmentId": self._compartment_id,
            "servingMode": {"servingType": "ON_DEMAND", "modelId": self.model_id},
            "chatRequest": request,
        }
        return self._caller.call(self._key, "chat", {"chat_details": details}, accept=_text_of)


def _text_of(answer: Answer) -> str:
    response = _object(object_of(answer).get("chatResponse"))
    text = _response_text(response)
    if not text.strip():
        raise MalformedAnswer("the model's answer holds no text")
    return text


def _response_text(response: dict[str, Any]) -> str:
    match response:
        case {"text": str(text)}:  # COHERE
            return text
        case {"choices": choices}:  # GENERIC; one answer was asked for
            return "".join(_message_text(choice.get("message")) for choice in objects_of(choices)[:1])
        case _:  # COHEREV2
            return _message_text(response.get("message"))


def _message_text(message: object) -> str:
    parts = objects_of(_object(message).get("content") or [])
    return "".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedAnswer("the model's answer is not a chat response")
    return value
