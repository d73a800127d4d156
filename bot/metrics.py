"""Counters and gauges for operators in Prometheus' format, served at the address in `METRICS_ADDRESS`."""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server


class Metrics:
    """The bot's own metrics, in a registry of their own. Names begin with `stillmotion_`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, namespace="stillmotion", registry=self.registry)
        self._moves = counter("jobs", "Jobs that entered a state", ["state"])
        self._storage_failures = counter("storage_failures", "Writes that the disk did not take")
        self._breaker_trips = counter(
            "discord_breaker_trips", "Times that too many refused requests paused posting"
        )
        self._set_aside = counter("jobs_set_aside", "Bought jobs that a fault of the bot laid aside")
        self._mismatches = counter(
            "videos_not_as_asked", "Finished videos that are shorter or smaller than asked for", ["what"]
        )
        self._process = Gauge(
            "stillmotion_process_info",
            "1, with what tells this process from others on the same database",
            ["command", "process"],
            registry=self.registry,
        )
        self._paused = Gauge(
            "stillmotion_submitting_paused",
            "1 while the video service refuses the bot itself",
            registry=self.registry,
        )

    def identify(self, command: str, process: str) -> None:
        """Say which process this is. Which machine it is on, whoever scrapes it adds (`instance`).

        Args:
            command: What the process does: `run`, `gateway` or `worker`.
            process: Its host, its process id and a mark of this start, as in the log and in the database.
        """
        self._process.labels(command, process).set(1)

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Add a gauge whose value is computed at each scrape.

        Args:
            name: The name without `stillmotion_`.
            told: The help text.
            value: Returns the current value. Called in the server's thread.
        """
        Gauge(f"stillmotion_{name}", told, registry=self.registry).set_function(value)

    def moved(self, state: str) -> None:
        """Count a job that entered a state. Operators alert on `unknown`: such a job may have cost money."""
        self._moves.labels(state).inc()

    def set_aside(self) -> None:
        """Count a bought job that a fault of the bot stopped; its user finds it in `/jobs`."""
        self._set_aside.inc()

    def not_as_asked(self, what: str) -> None:
        """Count a finished video whose `what` (duration, frame) is not as asked for."""
        self._mismatches.labels(what).inc()

    def storage_failed(self) -> None:
        """Count a write that the disk refused."""
        self._storage_failures.inc()

    def breaker_tripped(self) -> None:
        """Count a pause of posting after too many requests that Discord refused."""
        self._breaker_trips.inc()

    def paused(self, *, paused: bool) -> None:
        """Record that submitting is paused or goes on."""
        self._paused.set(1 if paused else 0)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve the metrics over HTTP from a thread of its own.

        Returns:
            A function that stops the server and waits for its thread.

        Raises:
            OSError: The address cannot be used.
        """
        server, thread = start_http_server(port, host, self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop
