"""Figures of a run into a custom namespace of OCI Monitoring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inventory.errors import MalformedAnswer, RequestRefused
from inventory.model.metric import Metric
from inventory.model.timestamps import format_time
from inventory.oci_io.answers import Answer, object_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey

#: Metric streams that one PostMetricData may carry (the SDK's description of the operation).
MAX_STREAMS = 50


class OciMetrics:
    """One custom namespace in one compartment; a namespace must not begin with `oci_` or `oracle_`."""

    def __init__(
        self,
        caller: Caller,
        *,
        region: str,
        compartment_id: str,
        namespace: str,
        read_timeout_seconds: float | None = None,
    ) -> None:
        self._caller = caller
        # Metrics are read at one host and written at another (the SDK's description of the operation).
        self._key = ClientKey(
            service="monitoring",
            client="MonitoringClient",
            region=region,
            label="telemetry-ingestion",
            read_timeout_seconds=read_timeout_seconds,
        )
        self._compartment_id = compartment_id
        self._namespace = namespace

    def post(self, metrics: Sequence[Metric], *, at: datetime) -> None:
        """Send metrics as of `at`, which the service takes from two hours ago to ten minutes ahead.

        After a lost answer they may arrive twice. Raises RetryLater; RecordGap, also where some were refused.
        """
        for start in range(0, len(metrics), MAX_STREAMS):
            data = [self._stream(metric, at) for metric in metrics[start : start + MAX_STREAMS]]
            arguments = {"post_metric_data_details": {"metricData": data}}
            self._caller.call(self._key, "post_metric_data", arguments, accept=_all_taken)

    def _stream(self, metric: Metric, at: datetime) -> dict[str, Any]:
        return {
            "namespace": self._namespace,
            "compartmentId": self._compartment_id,
            "name": metric.name,
            "dimensions": dict(metric.dimensions),
            "metadata": {"unit": metric.unit},
            "datapoints": [{"timestamp": format_time(at), "value": metric.value, "count": 1}],
        }


def _all_taken(answer: Answer) -> None:
    # The service takes the metrics that are right and says in a success how many were not.
    refused = object_of(answer).get("failedMetricsCount")
    if not isinstance(refused, int):
        raise MalformedAnswer("the answer does not say how many metrics were refused")
    if refused:
        raise RequestRefused(f"{refused} metrics were refused", code="failedMetrics")
