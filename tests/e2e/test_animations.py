"""*More*, and the animations that it offers."""

import pytest

from bot.sandbox.discord import Reply, User
from bot.sandbox.discord.versions import MessageVersion
from bot.texts import copies, jobs
from tests.e2e.actors.buttons import labels, message_of, press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.reports import hidden, rule
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered, film_that_comes, media
from tests.video_files.scenes import Scene

LONG = Scene("photograph", 640, 360, 6, 1_500_000, grain=2, sound=False)


async def more(harness: Harness, reply: Reply, user: User | None = None) -> Reply:
    """The private answer to *More*."""
    answer = await press(harness, reply, "More", user=user)
    assert copies.MORE.english in await told(answer)
    assert message_of(answer).ephemeral
    assert labels(message_of(answer).current) == ["As GIF", "As WebP"]
    return answer


async def with_file(answer: Reply) -> MessageVersion:
    return await answer.wait_for(lambda version: bool(version.attachments), TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize(
    ("label", "ending", "head"),
    [("As GIF", ".gif", b"GIF89a"), pytest.param("As WebP", ".webp", b"RIFF", marks=pytest.mark.slow)],
)
async def test_who_sees_a_video_can_have_it_as_an_animation(
    harness: Harness, label: str, ending: str, head: bytes, *, restarted: bool
) -> None:
    reply = await delivered(harness)
    offered = await more(harness, reply, harness.member("bob"))
    await meanwhile(harness, restarted=restarted)
    before = media(harness)
    answer = await press(harness, offered, label, user=offered.interaction.user)
    (file,) = (await with_file(answer)).attachments
    assert message_of(answer).ephemeral
    assert file.filename.endswith(ending)
    assert file.path.read_bytes().startswith(head)
    assert 0 < file.path.stat().st_size <= 10_000_000
    await until(lambda: media(harness) == before)


@pytest.mark.slow
async def test_one_animation_at_a_time_for_each_user(harness: Harness) -> None:
    offered = await more(harness, await delivered(harness))
    first = await press(harness, offered, "As GIF")
    assert await told(await press(harness, offered, "As WebP")) == copies.BUSY_WITH_YOURS.english
    await with_file(first)
    await until(lambda: len(media(harness)) == 1)
    await with_file(await press(harness, offered, "As GIF"))


@pytest.mark.slow
async def test_a_hidden_video_is_not_animated(harness: Harness) -> None:
    await rule(harness)
    reply = await delivered(harness)
    offered = await more(harness, reply)
    await hidden(harness, reply)
    assert await told(await press(harness, offered, "As GIF")) == jobs.PUT_AWAY.english


@pytest.mark.slow
async def test_a_video_that_is_hidden_while_it_is_animated_is_not_sent(harness: Harness) -> None:
    film_that_comes(harness, LONG)
    await rule(harness)
    reply = await delivered(harness)
    offered = await more(harness, reply)
    answer = await press(harness, offered, "As GIF")
    await hidden(harness, reply)
    assert await told(answer) == jobs.PUT_AWAY.english
    assert not message_of(answer).current.attachments


@pytest.mark.slow
async def test_an_animation_of_a_spicy_video_is_behind_a_spoiler(harness: Harness) -> None:
    reply = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    shown = await with_file(await press(harness, await more(harness, reply), "As GIF"))
    assert "'spoiler': True" in str(shown.components)
