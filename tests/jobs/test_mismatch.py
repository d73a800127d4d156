"""What of a finished video counts as not asked for."""

import pytest

from bot.jobs.mismatch import Mismatch, mismatch_of
from bot.video import Resolution, Seconds, Size, VideoRequest
from bot.video_files.facts import VideoFacts


def request(seconds: str = "6", size: str = "1280x720", resolution: str = "720p") -> VideoRequest:
    return VideoRequest(
        prompt="a boat", seconds=Seconds(seconds), size=Size(size), resolution=Resolution(resolution)
    )


def facts(width_px: int, height_px: int, duration_s: float, claimed_s: float | None = None) -> VideoFacts:
    return VideoFacts(width_px=width_px, height_px=height_px, duration_s=duration_s, claimed_s=claimed_s)


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        (request(), facts(1280, 720, 6.0)),
        (request(), facts(1280, 720, 5.5)),
        (request("20"), facts(1280, 720, 19.0)),
        (request(), facts(1280, 720, 30.0)),
        (request(), facts(1920, 1080, 6.0)),
        (request(), facts(1248, 704, 6.04)),
        (request(), facts(1150, 648, 6.0)),
        (request(), facts(1280, 720, 0.0)),
        (request(), facts(1280, 720, 0.0, claimed_s=6.0)),
        (request(size="720x1280"), facts(720, 1280, 6.0)),
        (request(size="1024x1024"), facts(960, 960, 6.0)),
        (request(size="1024x1024"), facts(1024, 976, 6.0)),
        (request(resolution="480p"), facts(848, 480, 6.0)),
        (request(resolution="480p", size="720x1280"), facts(464, 832, 6.0)),
        (request(resolution="480p", size="1024x1024"), facts(480, 480, 6.0)),
    ],
)
def test_as_asked_for_or_better_is_no_mismatch(asked: VideoRequest, got: VideoFacts) -> None:
    assert mismatch_of(asked, got) is None


@pytest.mark.parametrize(
    ("asked", "got", "expected"),
    [
        (request("20"), facts(1280, 720, 6.0), Mismatch(6.0)),
        (request("20"), facts(1280, 720, 18.9), Mismatch(18.9)),
        (request(), facts(1280, 720, 5.4), Mismatch(5.4)),
        (request(), facts(1280, 720, 0.0, claimed_s=3.0), Mismatch(3.0)),
        (request(), facts(720, 1280, 6.0), Mismatch(None, (720, 1280))),
        (request(), facts(1024, 1024, 6.0), Mismatch(None, (1024, 1024))),
        (request(), facts(1150, 647, 6.0), Mismatch(None, (1150, 647))),
        (request(), facts(848, 480, 6.0), Mismatch(None, (848, 480))),
        (request(size="1024x1024"), facts(1280, 1024, 6.0), Mismatch(None, (1280, 1024))),
        (request(resolution="480p"), facts(640, 360, 6.0), Mismatch(None, (640, 360))),
        (request("10", size="720x1280"), facts(480, 854, 6.0), Mismatch(6.0, (480, 854))),
    ],
)
def test_less_than_asked_for_is_one(asked: VideoRequest, got: VideoFacts, expected: Mismatch) -> None:
    assert mismatch_of(asked, got) == expected
