"""Where pictures come from: whatever is not known to be the bot's own counts as people's."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.images.model import ImageSource, Reference
from bot.jobs.job import Job
from bot.jobs.request_facts import began_with_people, origin_of, origin_of_job, shows_spicy, stored_request
from bot.jobs.rows import job_from, row_of
from bot.moderation.picture_origin import PictureOrigin
from bot.video import ImageMime, Preset, VideoRequest
from tests.jobs.builders import a_job

NONE, OWN, PEOPLE = PictureOrigin.NONE, PictureOrigin.OWN_SPICY_VIDEO, PictureOrigin.PEOPLE
BEFORE, BOTH = PictureOrigin.PEOPLE_BEFORE, PictureOrigin.SPICY_AND_PEOPLE
SPOOL = Path("/somewhere/spool")


def source(*, own: bool) -> ImageSource:
    return ImageSource("https://cdn.example/1.mp4", "1.mp4", own_spicy_video=own)


def picture(*, own: bool) -> Reference:
    return Reference(SPOOL / "job-1" / "0.png", ImageMime.PNG, 1, 1, 1, "0.png", own_spicy_video=own)


def job(preset: Preset, count: int, **given: Any) -> Job:
    request = VideoRequest(prompt="a boat", preset=preset, reference_count=count)
    return replace(a_job(), request=request, **given)


@pytest.mark.parametrize("make", [source, picture])
@pytest.mark.parametrize(
    ("count", "own", "expected"),
    [
        (0, [], NONE),
        (1, [True], OWN),
        (2, [True, True], OWN),
        (1, [False], PEOPLE),
        (2, [True, False], BOTH),
        (2, [True], BOTH),
        (1, [], PEOPLE),
        (0, [False], PEOPLE),
        (1, [True, True], BOTH),
    ],
)
def test_only_pictures_that_are_all_known_as_its_own_are_its_own(
    make: Any, count: int, own: Sequence[bool], expected: PictureOrigin
) -> None:
    pictures = [make(own=one) for one in own]
    assert origin_of(count, pictures, from_people=False) is expected
    # Behind a picture of people nothing is the bot's own any more.
    behind = {NONE: BEFORE, OWN: BOTH}.get(expected, expected)
    assert origin_of(count, pictures, from_people=True) is behind


@pytest.mark.parametrize("count", [0, 1])
def test_a_job_behind_a_picture_of_people_says_so_from_its_row(count: int) -> None:
    before = job(Preset.SPICY, count, pictures=(picture(own=True),) * count, from_people=True)
    stored = job_from(row_of(before), SPOOL)
    assert origin_of_job(stored) is (BOTH if count else BEFORE)
    assert began_with_people(stored)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"sources": (source(own=True),)}, OWN),
        ({"sources": (source(own=False),)}, PEOPLE),
        ({"pictures": (picture(own=True),)}, OWN),
        ({"pictures": (picture(own=False),), "sources": (source(own=True),)}, PEOPLE),
        ({"pictures": ()}, PEOPLE),
        ({}, PEOPLE),
    ],
)
def test_collected_pictures_say_it_or_else_their_sources(
    given: dict[str, Any], expected: PictureOrigin
) -> None:
    stored = job_from(row_of(job(Preset.NORMAL, 1, **given)), SPOOL)
    assert origin_of_job(stored) is expected
    assert shows_spicy(stored) is stored_request(stored).is_spicy is (expected is OWN)


def test_what_earlier_versions_stored_counts_as_peoples() -> None:
    row = row_of(job(Preset.SPICY, 1, sources=(source(own=True),), pictures=(picture(own=True),)))
    for column in ("sources", "pictures"):
        for stored in row[column]:
            del stored["own_spicy_video"]
    assert origin_of_job(job_from(row, SPOOL)) is PEOPLE
    assert origin_of_job(job_from(row | {"pictures": None}, SPOOL)) is PEOPLE


@pytest.mark.parametrize("from_people", [False, True])
@pytest.mark.parametrize("preset", Preset)
def test_a_video_is_spicy_by_its_preset_or_by_a_frame_among_its_pictures(
    preset: Preset, *, from_people: bool
) -> None:
    for own in ([], [False], [True], [True, False]):
        pictures = tuple(picture(own=one) for one in own)
        stored = job_from(row_of(job(preset, len(own), pictures=pictures, from_people=from_people)), SPOOL)
        assert shows_spicy(stored) is (preset is Preset.SPICY or any(own))
