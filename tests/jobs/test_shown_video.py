"""Names and descriptions of finished videos."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.file_facts import FileFacts
from bot.jobs.shown_video import NAME_CHARS, description_of, ending_of, shown_name_of
from bot.sandbox.discord.cdn import clean_filename
from bot.texts.messages import Language
from bot.video import VideoRequest
from tests.jobs.builders import a_job

ENDING = "-0a1b2c3d.mp4"
DESCRIPTION_CHARS = 1024
"""Discord, *Attachment Object*."""
ANY_TEXT = st.text(max_size=300) | st.text("\u202e\u200f\x00\n/\\.. SPOILER_é東京🎞", max_size=80)


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A paper boat, in the rain!", "a-paper-boat-in-the-rain"),
        ("../../etc/passwd", "etc-passwd"),
        ("SPOILER_boat.exe", "spoiler-boat-exe"),
        ("Café au lait", "cafe-au-lait"),
        ("雨の中の紙の船", "video"),
        ("3只猫 dance", "3-dance"),
        ("\u202egpj.boat\u0007", "gpj-boat"),
        ("…", "video"),
        ("word " * 30, "word-word-word-word-word-word-word-word-word"),
        ("x" * 100, "x" * 47),
    ],
)
def test_a_name_begins_with_words_of_the_prompt(prompt: str, name: str) -> None:
    assert shown_name_of(prompt, ENDING) == f"{name}{ENDING}"


@given(ANY_TEXT)
def test_every_name_is_short_plain_and_kept_by_discord(prompt: str) -> None:
    name = shown_name_of(prompt, ENDING)
    assert len(name) <= NAME_CHARS
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*-0a1b2c3d\.mp4", name)
    assert clean_filename(name) == name


def test_videos_of_earlier_versions_are_found_by_the_same_ending() -> None:
    job = a_job(job_id="0a1b2c3d" * 4)
    assert f"stillmotion-{job.id[:8]}.mp4".endswith(ending_of(job))


@given(st.text(min_size=1, max_size=2500).filter(str.strip), st.sampled_from(Language))
def test_a_description_is_one_safe_line_that_discord_takes(prompt: str, language: Language) -> None:
    job = a_job()
    request = VideoRequest.model_construct(**dict(job.request) | {"prompt": prompt})
    told = description_of(replace(job, request=request, reply=replace(job.reply, language=language)))
    assert len(told.encode("utf-16-le")) // 2 <= DESCRIPTION_CHARS
    assert not re.search("[\x00-\x1f\u2028-\u202e\u2066-\u2069]", told)


def test_a_description_tells_the_length_of_the_file_and_may_leave_the_prompt_out() -> None:
    job = a_job()
    assert description_of(job) == "A video of 6 s, made by AI: “a boat”"
    read = replace(job, file_facts=FileFacts(10, 5.53, (848, 480)))
    assert description_of(read) == "A video of 5.5 s, made by AI: “a boat”"
    assert description_of(read, quotes=False) == "A video of 5.5 s, made by AI"
