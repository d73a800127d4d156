"""`python -m bot demo`: what a stranger sees first."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import av
import pytest

from tests.cli.shell import Outcome, Shell
from tests.e2e.actors.pictures import picture

DEADLOCK_S = 300.0
"""A film is many seconds of work for a processor of one's own: the limit is for a demo that never ends."""


async def demo(shell: Shell, *arguments: str | Path, environment: dict[str, str] | None = None) -> Outcome:
    return await shell.run("demo", *arguments, environment=environment, timeout_s=DEADLOCK_S)


def only_video_in(folder: Path) -> Path:
    (video,) = folder.glob("*.mp4")
    return video


def shape_of(path: Path) -> tuple[int, int, float]:
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context
        assert codec.name == "h264"
        return codec.width, codec.height, float(container.duration or 0) / 1_000_000


async def test_two_pictures_and_every_option_end_in_a_saved_video(shell: Shell, tmp_path: Path) -> None:
    first, second = tmp_path / "cat.png", tmp_path / "garden.gif"
    first.write_bytes(picture("PNG", (320, 240)))
    second.write_bytes(picture("GIF", (200, 300)))
    outcome = await demo(
        shell,
        *("--prompt", "a cat walks through the garden", "--image", first, "--image", second),
        *("--seconds", "6", "--size", "720x1280", "--resolution", "480p", "--preset", "fun"),
        *("--out", shell.folder / "films"),
    )
    assert outcome.status == 0, outcome.all
    width, height, seconds = shape_of(only_video_in(shell.folder / "films"))
    assert width < height
    assert seconds == pytest.approx(6, abs=0.2)
    assert outcome.out.startswith("Simulated: no AI was asked, nothing was charged\n")
    assert "ada used /video prompt: a cat walks through the garden seconds: 6" in outcome.out
    assert "cp .env.example .env" in outcome.out
    assert "6 s · 720x1280 · 480p · fun · 2 pictures" in outcome.out
    assert "Here is your video" in outcome.out
    assert "Saved " in outcome.out


def events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.slow
async def test_spicy_goes_through_moderators_and_scripts_read_it_as_json(shell: Shell) -> None:
    outcome = await demo(shell, "--preset", "spicy", "--resolution", "480p", "--json")
    assert outcome.status == 0, outcome.all
    told = events(outcome.out)
    names = [one["event"] for one in told]
    assert told[0] == {"event": "start", "at_s": 0.0, "simulated": True}
    assert names.index("setting") < names.index("question") < names.index("pressed") < names.index("saved")
    first = next(one for one in told if one["event"] == "question")
    assert (first["where"], first["number"]) == ("reviews", 1)
    assert "Approve" in first["buttons"]
    last_reply = [one for one in told if one["event"] == "reply"][-1]
    assert last_reply["where"] == "after-dark"
    assert last_reply["spoiler"]
    assert not last_reply["private"]
    saved = told[-1]
    assert saved["event"] == "saved"
    assert (shell.folder / saved["path"]).stat().st_size == saved["size_bytes"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such groups of processes")
@pytest.mark.parametrize(
    "shown", ['"command"', "Waiting for its turn"], ids=["at once", "as the drawing starts"]
)
async def test_ctrl_c_ends_it_quietly(shell: Shell, shown: str) -> None:
    """A terminal sends SIGINT to the process that draws as well."""
    process = await shell.start("demo", "--json", own_group=True)
    assert process.stdout is not None
    while shown.encode() not in await process.stdout.readline():
        pass
    os.killpg(process.pid, signal.SIGINT)
    outcome = await shell.ended(process, DEADLOCK_S)
    assert (outcome.status, outcome.err) == (130, "")
    assert not (shell.folder / "demo-out").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--prompt", "   "), "The prompt is empty."),
        (("--prompt", "x" * 2501), "the limit is 2,500"),
    ],
)
@pytest.mark.slow
async def test_a_refusal_is_shown_and_ends_with_one(
    shell: Shell, arguments: tuple[str, ...], expected: str
) -> None:
    outcome = await demo(shell, *arguments)
    assert outcome.status == 1
    assert expected in outcome.out
    assert outcome.err.startswith("No video: ")
    assert not list(shell.folder.glob("demo-out/*"))


@pytest.mark.slow
async def test_a_picture_that_is_none_is_refused_in_the_reply(shell: Shell, tmp_path: Path) -> None:
    notes = tmp_path / "notes.png"
    notes.write_text("this is no picture")
    outcome = await demo(shell, "--image", notes)
    assert outcome.status == 1
    assert "Picture 1 is not a picture, despite its name" in outcome.out


async def test_a_picture_that_is_not_there_is_named(shell: Shell) -> None:
    outcome = await demo(shell, "--image", "nowhere.png")
    assert outcome.status == 1
    assert outcome.err == "No video: nowhere.png: No such file or directory\n"


@pytest.mark.slow
async def test_more_pictures_than_options_are_refused(shell: Shell, tmp_path: Path) -> None:
    one = tmp_path / "one.png"
    one.write_bytes(picture())
    outcome = await demo(shell, *(part for _ in range(8) for part in ("--image", one)))
    assert outcome.status == 1
    assert "at most 7 pictures are possible" in outcome.err


@pytest.mark.slow
async def test_the_demo_needs_and_heeds_no_configuration(shell: Shell) -> None:
    (shell.folder / ".env").write_text("DISCORD_TOKEN=\nNONSENSE=1\n")
    outcome = await demo(shell, "--prompt", "   ", environment={"DIMILINKS_GROUP": "vip"})
    assert "NONSENSE" not in outcome.all
    assert "The prompt is empty." in outcome.out
