"""What operators can watch: counters and gauges in Prometheus' format, served where a setting says so."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server


class Metrics:
    """The bot's own metrics, in a registry of their own. Names begin with `stillmotion_`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._moves = Counter(
            "stillmotion_jobs", "Jobs that entered a state", ["state"], registry=self.registry
        )
        self._storage_failures = Counter(
            "stillmotion_storage_failures", "Writes that the disk did not take", registry=self.registry
        )
        self._breaker_trips = Counter(
            "stillmotion_discord_breaker_trips",
            "Times that too many refused requests paused posting",
            registry=self.registry,
        )
        self._paused = Gauge(
            "stillmotion_submitting_paused",
            "1 while the video service refuses the bot itself",
            registry=self.registry,
        )

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Offer a gauge that is read when somebody looks."""
        Gauge(f"stillmotion_{name}", told, registry=self.registry).set_function(value)

    def moved(self, state: str) -> None:
        """A job entered a state; `unknown` is the one to be alarmed by."""
        self._moves.labels(state).inc()

    def storage_failed(self) -> None:
        """The disk did not take a write."""
        self._storage_failures.inc()

    def breaker_tripped(self) -> None:
        """Too many requests to Discord were refused."""
        self._breaker_trips.inc()

    def paused(self, *, paused: bool) -> None:
        """Whether submitting is paused."""
        self._paused.set(1 if paused else 0)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve them over HTTP from a thread; what is returned ends that. Raises `OSError`."""
        server, thread = start_http_server(port, host, self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop
