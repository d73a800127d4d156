"""Pictures that take a child's whole time: whoever else sends one is served meanwhile."""

from collections.abc import Generator
from contextlib import contextmanager

import psutil
import pytest

from tests.children.processes import picture_children
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import upload
from tests.images.corpus.bombs import bombs

BOMB = next(bomb for bomb in bombs() if bomb.name == "bomb_heic_of_empty_boxes")


@contextmanager
def stopped(children: list[psutil.Process], *, goes_on: bool) -> Generator[None]:
    """Stop processes, as a picture would that takes all of its time."""
    for child in children:
        child.suspend()
    yield
    if goes_on:
        for child in children:
            child.resume()


@pytest.mark.parametrize(
    "goes_on",
    [pytest.param(True, id="goes on"), pytest.param(False, id="hangs", marks=pytest.mark.slow)],
)
async def test_two_bad_pictures_of_one_person_stop_nobody_else_s(harness: Harness, *, goes_on: bool) -> None:
    eve, bob = harness.member("eve"), harness.member("bob")
    bad = [harness.sandbox.discord.upload(f"bad{number}.heic", BOMB.content) for number in range(2)]
    first = await harness.video(user=eve, image=bad[0])
    await until(lambda: len(picture_children()) == 1)
    with stopped(picture_children(), goes_on=goes_on):
        raw = (harness.data_dir / "spool").rglob
        await until(lambda: any(file.stat().st_size == len(BOMB.content) for file in raw("*.raw")))
        second = await harness.video(user=eve, image=bad[1])
        good = await harness.video(user=bob, image=upload(harness))
        await good.wait_for_video(TIMEOUT_S)
        assert [reply.acknowledged_at is not None for reply in (first, second)] == [True, True]
        assert not any("No video" in reply.text for reply in (first, second))
    for reply in (first, second):
        shown = await harness.ended(reply)
        assert "Reading Picture 1 takes too much time or memory." in shown.text()
        assert "This cost nothing." in shown.text()
    assert harness.bought == 1
