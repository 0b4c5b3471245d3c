"""What operators see: counters, gauges and histograms for Prometheus. No tenant, visitor or phone is ever a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Every metric of the process. One object a process; tests make their own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.sockets = self._gauge("sockets", "Joined sockets", "ns")
        self.connects = self._counter("connects", "Sockets that joined a namespace", "ns")
        self.disconnects = self._counter("disconnects", "Sockets that left a namespace", "ns", "reason")
        self.rejected = self._counter("rejected", "Connections and joins that were refused", "why")
        self.bad_packets = self._counter("bad_packets", "Packets that no honest client sends", "why")
        self.send_drops = self._counter("send_queue_drops", "Connections cut because they did not read")
        self.publish_failures = self._counter("publish_failures", "Announcements that could not be sent: bugs of ours")
        self.events = self._counter("events", "Events by outcome: ok or an error code", "event", "outcome")
        self.event_seconds = Histogram(
            "ringback_event_seconds",
            "Seconds from taking an event off its queue to its acknowledgement",
            ["event"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )

        self.callbacks_rejected = self._counter("callbacks_rejected", "Callback requests refused", "code")
        self.callback_updates = self._counter("callback_updates", "Steps that callbacks took, by state", "state")
        self.requests = self._counter("requests", "HTTP requests", "method", "route", "status")
        self.request_seconds = Histogram(
            "ringback_request_seconds",
            "Seconds from a request to its answer",
            ["route"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. `route` is its template, never its path."""
        self.requests.labels(method, route, str(status)).inc()
        self.request_seconds.labels(route).observe(seconds)

    def render(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"ringback_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"ringback_{name}", about, labels, registry=self.registry)
