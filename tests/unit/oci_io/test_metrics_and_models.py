"""Figures to Monitoring and prompts to Generative AI: what is sent, and what is made of the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from inventory.errors import MalformedAnswer, NotAuthorizedOrNotFound, RequestRefused
from inventory.model.metric import Metric
from inventory.oci_io.clients import Clients
from inventory.oci_io.metrics import MAX_STREAMS, OciMetrics
from inventory.oci_io.signer import Credentials
from inventory.oci_io.summarizer import OciGenerativeAi
from tests.unit.oci_io.adapters import RUN_STATE, TENANCY, Adapters, open_adapters

INGESTION = "https://telemetry-ingestion.us-ashburn-1.oraclecloud.com/20180401/metrics"
CHAT = "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat"
AT = datetime(2026, 11, 23, 4, 0, 30, tzinfo=UTC)
ALL_TAKEN = {"failedMetricsCount": 0, "failedMetrics": []}
WRONG_FORM = {"status": 400, "json": {"code": "InvalidParameter", "message": "apiFormat"}}
NAMED = {"GENERIC": "meta.llama-3.3-70b-instruct", "COHERE": "cohere.command-a-03-2025"}

#: What a model answers in each of the service's forms.
ANSWERS: dict[str, dict[str, Any]] = {
    "GENERIC": {"choices": [{"index": 0, "message": {"content": [{"type": "TEXT", "text": "said"}]}}]},
    "COHERE": {"text": "said", "finishReason": "COMPLETE"},
    "COHEREV2": {"id": "1", "message": {"role": "ASSISTANT", "content": [{"type": "TEXT", "text": "said"}]}},
}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(target="oci._vendor.requests.adapters.HTTPAdapter.send") as wire:
        yield wire


@pytest.fixture
def adapters(clients: Clients) -> Adapters:
    return open_adapters(clients, max_attempts=2)


def model(adapters: Adapters, model_id: str) -> OciGenerativeAi:
    return OciGenerativeAi(adapters.caller, region="us-chicago-1", compartment_id=TENANCY, model_id=model_id)


def sent(wire: responses.RequestsMock) -> list[Any]:
    return [json.loads(call.request.body) for call in wire.calls]


def answered(form: str) -> dict[str, Any]:
    return {"json": {"modelId": "m", "chatResponse": {"apiFormat": form, **ANSWERS[form]}}}


def test_a_metric_goes_to_the_ingestion_host_with_all_that_it_needs(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(INGESTION, json=ALL_TAKEN)
    adapters.metrics.post([RUN_STATE], at=AT)
    assert sent(wire) == [
        {
            "metricData": [
                {
                    "namespace": "tenancy_inventory",
                    "compartmentId": TENANCY,
                    "name": "run_state",
                    "dimensions": {"status": "published"},
                    "metadata": {"unit": "runs"},
                    "datapoints": [{"timestamp": "2026-11-23T04:00:30+00:00", "value": 1, "count": 1}],
                }
            ]
        }
    ]


def test_a_template_leads_to_the_ingestion_service_too(
    wire: responses.RequestsMock, credentials: Credentials
) -> None:
    template = "http://emulated.example/{service}/{region}"
    wire.post("http://emulated.example/telemetry-ingestion/us-ashburn-1/20180401/metrics", json=ALL_TAKEN)
    with Clients(credentials, endpoint_template=template) as clients:
        open_adapters(clients, max_attempts=1).metrics.post([RUN_STATE], at=AT)


def test_no_request_carries_more_streams_than_the_service_takes(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(INGESTION, json=ALL_TAKEN)
    metrics = [
        Metric(name="step_seconds", value=number, unit="seconds", dimensions={"step": str(number)})
        for number in range(2 * MAX_STREAMS + 1)
    ]
    adapters.metrics.post(metrics, at=AT)
    parts = [body["metricData"] for body in sent(wire)]
    assert [len(part) for part in parts] == [50, 50, 1]
    assert [stream["dimensions"]["step"] for part in parts for stream in part] == [
        str(number) for number in range(101)
    ]


def test_metrics_that_were_refused_in_a_success_are_a_failure(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    failed = {"failedMetricsCount": 2, "failedMetrics": [{"message": "Namespace is reserved"}]}
    wire.post(INGESTION, json=failed, headers={"opc-request-id": "ID"})
    with pytest.raises(RequestRefused, match="2 metrics") as caught:
        adapters.metrics.post([RUN_STATE], at=AT)
    assert (caught.value.operation, caught.value.request_id) == ("post_metric_data", "ID")


def test_a_client_may_wait_less_long_than_the_others_do(adapters: Adapters) -> None:
    brief = OciMetrics(
        adapters.caller,
        region="us-ashburn-1",
        compartment_id=TENANCY,
        namespace="n",
        read_timeout_seconds=8.0,
    )
    clients = adapters.caller.clients
    assert clients.get(brief._key).base_client.timeout == (8.0, 8.0)
    assert clients.get(adapters.metrics._key).base_client.timeout == (10.0, 60.0)


@pytest.mark.parametrize(
    ("model_id", "form", "limit"),
    [
        ("meta.llama-3.3-70b-instruct", "GENERIC", "maxTokens"),
        ("xai.grok-4", "GENERIC", "maxTokens"),
        ("google.gemini-2.5-pro", "GENERIC", "maxTokens"),
        ("openai.gpt-oss-120b", "GENERIC", "maxCompletionTokens"),
        ("cohere.command-a-03-2025", "COHERE", "maxTokens"),
        ("cohere.command-r-plus-08-2024", "COHERE", "maxTokens"),
        ("cohere.command-a-reasoning", "COHEREV2", "maxTokens"),
        ("cohere.command-a-vision-07-2025", "COHEREV2", "maxTokens"),
    ],
)
def test_each_vendors_models_are_asked_in_their_form(
    wire: responses.RequestsMock, adapters: Adapters, model_id: str, form: str, limit: str
) -> None:
    wire.post(CHAT, **answered(form))
    assert model(adapters, model_id).complete("How many?", max_tokens=77) == "said"
    (body,) = sent(wire)
    assert body["compartmentId"] == TENANCY
    assert body["servingMode"] == {"servingType": "ON_DEMAND", "modelId": model_id}
    request = body["chatRequest"]
    assert (request["apiFormat"], request[limit]) == (form, 77)
    if form == "COHERE":
        assert request["message"] == "How many?"
    else:
        assert request["messages"] == [{"role": "USER", "content": [{"type": "TEXT", "text": "How many?"}]}]


def test_a_model_known_by_ocid_is_asked_in_one_form_after_the_other(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(CHAT, **WRONG_FORM)
    wire.post(CHAT, **answered("COHERE"))
    model_id = "ocid1.generativeaimodel.oc1.us-chicago-1.aaaa"
    assert model(adapters, model_id).complete("How many?", max_tokens=77) == "said"
    assert [body["chatRequest"]["apiFormat"] for body in sent(wire)] == ["GENERIC", "COHERE"]


def test_a_model_that_is_not_there_is_not_asked_again(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(CHAT, status=404, json={"code": "NotAuthorizedOrNotFound", "message": "m"})
    with pytest.raises(NotAuthorizedOrNotFound):
        model(adapters, "ocid1.generativeaimodel.oc1.us-chicago-1.aaaa").complete("x", max_tokens=1)
    assert len(wire.calls) == 1


def test_a_model_that_no_form_suits_refuses(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.post(CHAT, **WRONG_FORM)
    with pytest.raises(RequestRefused):
        model(adapters, "ocid1.generativeaimodel.oc1.us-chicago-1.aaaa").complete("x", max_tokens=1)
    assert len(wire.calls) == 3


@pytest.mark.parametrize(
    "response",
    [
        None,
        [],
        {"text": "  \n"},
        {"text": None},
        {"choices": []},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": [{"type": "TEXT"}]}}]},
        {"message": {"content": None}},
    ],
)
def test_an_answer_without_text_is_none(
    wire: responses.RequestsMock, adapters: Adapters, response: object
) -> None:
    wire.post(CHAT, json={"chatResponse": response})
    with pytest.raises(MalformedAnswer):
        model(adapters, NAMED["GENERIC"]).complete("x", max_tokens=1)
