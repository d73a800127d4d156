"""Faults to come: scripted for single requests, bound to prompts, or random at a rate from a seed."""

import random
from collections import deque
from collections.abc import Sequence

from bot.sandbox.dimilinks.faults import Endpoint, Fault
from bot.sandbox.dimilinks.outcomes import Outcome


class DimiLinksFaults:
    """The faults that requests will meet.

    A queued fault serves one request of its kind and is used up. A fault bound to a prompt strikes every
    submission of that prompt, one bound to a size every larger one. A rate strikes at random; a rate of 1.0 strikes
    every request.
    """

    def __init__(self, seed: int) -> None:
        self.submit: deque[Fault] = deque()
        self.task: deque[Fault] = deque()
        self.content: deque[Fault] = deque()
        self.models: deque[Fault] = deque()
        self.outcomes: deque[Outcome] = deque()
        self._poisoned: dict[str, Fault] = {}
        self._too_large: tuple[int, Fault] | None = None
        self._rates: dict[Endpoint, tuple[float, tuple[Fault, ...]]] = {}
        self._outcome_rate: tuple[float, tuple[Outcome, ...]] = (0.0, ())
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def rate(self, endpoint: Endpoint, probability: float, faults: Sequence[Fault]) -> None:
        """Have each request of this kind meet one of the faults with this probability."""
        self._rates[endpoint] = (probability, tuple(faults))

    def outcome_rate(self, probability: float, outcomes: Sequence[Outcome]) -> None:
        """Have each accepted task end in one of these ways with this probability."""
        self._outcome_rate = (probability, tuple(outcomes))

    def poison(self, words: str, fault: Fault) -> None:
        """Have every submission whose prompt contains `words` meet the fault; other requests are untouched.

        A plain fault strikes once the body was read, and nothing is bought.
        """
        self._poisoned[words] = fault

    def refuse_larger(self, limit_bytes: int, fault: Fault) -> None:
        """Have every submission with a larger body meet the fault, by its `Content-Length`."""
        self._too_large = (limit_bytes, fault)

    def clear(self) -> None:
        """Remove every fault."""
        for queue in (self.submit, self.task, self.content, self.models):
            queue.clear()
        self.outcomes.clear()
        self._poisoned.clear()
        self._too_large = None
        self._rates.clear()
        self._outcome_rate = (0.0, ())

    def next(self, endpoint: Endpoint) -> Fault | None:
        """The fault that this request meets, if any."""
        queues = {
            Endpoint.SUBMIT: self.submit,
            Endpoint.TASK: self.task,
            Endpoint.CONTENT: self.content,
            Endpoint.MODELS: self.models,
        }
        if queues[endpoint]:
            return queues[endpoint].popleft()
        probability, faults = self._rates.get(endpoint, (0.0, ()))
        if faults and self._chance.random() < probability:
            return self._chance.choice(faults)
        return None

    def next_outcome(self) -> Outcome | None:
        """The outcome of the task that is accepted now, if it is not to end well."""
        if self.outcomes:
            return self.outcomes.popleft()
        probability, outcomes = self._outcome_rate
        if outcomes and self._chance.random() < probability:
            return self._chance.choice(outcomes)
        return None

    def poison_of(self, prompt: str) -> Fault | None:
        """The fault that is bound to this prompt, if any."""
        return next((fault for words, fault in self._poisoned.items() if words in prompt), None)

    def of_size(self, size_bytes: int) -> Fault | None:
        """The fault that is bound to bodies of this size, if any."""
        if self._too_large is None or size_bytes <= self._too_large[0]:
            return None
        return self._too_large[1]
