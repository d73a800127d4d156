"""What can be heard of pictures and videos, what a card says of the file, and what the file is called."""

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import MessageVersion
from bot.sandbox.discord.versions import walk
from bot.texts.messages import Language
from tests.e2e.actors.approvals import moderator, question, rule
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.videos import delivered, shown, upload


def descriptions(version: MessageVersion) -> list[str]:
    """The descriptions of what a message shows; files and the gallery have to agree."""
    galleries = [node for node in walk(version.components) if node.get("type") == 12]
    listed = [item.get("description") for gallery in galleries for item in gallery["items"]]
    attached = [one.description for one in version.attachments]
    assert not galleries or listed == attached
    return [one or "" for one in attached]


@pytest.mark.parametrize(
    ("language", "described", "file"),
    [
        (Language.ENGLISH, "A video of 6 s, made by AI: “紙の *船*”", "The file: 6 s · "),
        (Language.CHINESE, "由 AI 生成的视频，时长 6 秒：“紙の *船*”", "文件：6 秒 · "),
        (Language.JAPANESE, "AIで生成した6秒の動画：「紙の *船*」", "ファイル：6秒 · "),
    ],
)
async def test_a_video_is_described_in_the_language_of_its_reply(
    harness: Harness, language: Language, described: str, file: str
) -> None:
    harness.guild.locale = language.value
    reply = await harness.video("紙の\n*船*")
    seen = await shown(harness, reply)
    assert descriptions(seen) == [described]
    (line,) = [one for one in seen.text().splitlines() if file in one]
    video = seen.videos[0]
    assert line.endswith(f"{file}{'1280x720'} · {video.size_bytes / 1_000_000:.1f} MB")
    assert video.filename == f"video-{harness.rows('id')[0]['id'][:8]}.mp4"
    assert "紙の" in seen.text()


async def test_pictures_for_moderators_are_described_in_the_servers_language(harness: Harness) -> None:
    await rule(harness, modes={Gate.PICTURES: Mode.APPROVAL})
    harness.guild.locale = Language.JAPANESE.value
    await harness.restart()
    await harness.video("船", image=upload(harness), image2=upload(harness))
    card = await question(harness, "船")
    assert descriptions(card.current) == [
        "AIで生成する動画の画像（2枚中1枚目）：「船」",
        "AIで生成する動画の画像（2枚中2枚目）：「船」",
    ]


@pytest.mark.slow
async def test_a_frame_of_a_video_is_described_as_one(harness: Harness) -> None:
    reply = await delivered(harness)
    await rule(harness, modes={Gate.PICTURES: Mode.APPROVAL})
    opened = await press(harness, reply, "Use last frame")
    await opened.wait_for_modal(TIMEOUT_S)
    await harness.sandbox.discord.submit(opened, {"prompt": "it sinks"})
    card = await question(harness, "it sinks")
    assert descriptions(card.current) == [
        "Picture 1 of 1 for a video to be made by AI, a frame of another video: “it sinks”"
    ]


async def test_a_finished_video_that_moderators_see_is_described(harness: Harness) -> None:
    await rule(harness, review_at=ReviewAt.POSTING)
    await harness.video("a lighthouse", channel=harness.adult_channel, preset="spicy")
    card = await question(harness, "May this video be posted?")
    described = ["A video of 6 s, made by AI: “a lighthouse”"]
    assert descriptions(card.current) == described
    looking = await press(harness, card, "View", user=moderator(harness))
    assert descriptions(await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)) == described


@pytest.mark.slow
async def test_exports_are_described(harness: Harness) -> None:
    mo = moderator(harness, locale="zh-CN")
    await spicy(harness, "suspend", mo, person="ada", hours=1, reason="spam")
    exported = await spicy(harness, "log", mo, export="json")
    assert exported.current is not None
    assert descriptions(exported.current) == ["审核日志记录文件"]
    await spicy(harness, "words", mo, action="add", term="lighthouse")
    listed = await spicy(harness, "words", mo, action="export")
    assert listed.current is not None
    assert descriptions(listed.current) == ["服务器词表文件"]
