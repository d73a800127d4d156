"""The breaker: open long before Discord would ban, closed again once most refusals are old."""

from bot.delivery.breaker import TRIPS_AT, WINDOW_S, InvalidRequestBreaker


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_it_opens_at_its_limit_and_tells_so_once() -> None:
    breaker = InvalidRequestBreaker(Clock(), trips_at=4)
    told = [breaker.saw(status) for status in (401, 403, 404, 429, 401)]
    assert told == [False, False, False, True, False]
    assert breaker.open


def test_it_closes_when_half_of_them_are_older_than_the_window() -> None:
    clock = Clock()
    breaker = InvalidRequestBreaker(clock, trips_at=4)
    for number in range(4):
        clock.now_s = number * 10.0
        breaker.saw(401)
    assert breaker.open
    clock.now_s = WINDOW_S + 5
    assert breaker.open
    clock.now_s = WINDOW_S + 15
    assert not breaker.open
    assert breaker.refused == 2


def test_what_is_nobodys_fault_does_not_count() -> None:
    breaker = InvalidRequestBreaker(Clock(), trips_at=1)
    assert not breaker.saw(429, shared=True)
    assert not breaker.saw(500)
    assert not breaker.saw(400)
    assert not breaker.saw(200)
    assert not breaker.open


def test_its_limit_is_a_tenth_of_discords() -> None:
    assert TRIPS_AT <= 1000
