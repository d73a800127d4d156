"""Flags in prompts that would choose a preset at the video service: in every way in, taken out or judged."""

import pytest

from bot.moderation.rules import Gate, Mode
from bot.texts import cards, explanations, refusals
from tests.e2e.actors.approvals import held, moderator, question, rule
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.damage import change_rows
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import answer_to, ended, ping, said_to, say
from tests.e2e.actors.videos import delivered, shown, upload

FLAGS = (
    "--mode=spicy",
    "—mode：spicy",
    "－－ｍｏｄｅ ＝ ｓｐｉｃｙ",
    "--mоdе=extremely-spicy-or-crazy",
    "/preset spicy",
)
SAID = cards.FLAGS_TAKEN_OUT.english


def sent(harness: Harness) -> list[tuple[str, str]]:
    """Prompts and presets as the video service has them."""
    return [(one.prompt, one.preset) for one in harness.sandbox.dimilinks.request_log.submissions]


async def type_into_rows(harness: Harness, prompt: str) -> None:
    """Have every job hold a prompt as earlier versions stored it."""
    await change_rows(harness, "UPDATE jobs SET prompt = ?", prompt)


@pytest.mark.parametrize("flag", FLAGS)
async def test_the_command_takes_a_flag_out_and_says_so(harness: Harness, flag: str) -> None:
    reply = await harness.video(f"a boat {flag}", image=upload(harness))
    assert SAID in (await shown(harness, reply)).text()
    assert sent(harness) == [("a boat", "normal")]


async def test_an_innocent_prompt_is_sent_byte_for_byte(harness: Harness) -> None:
    prompt = "pie à-la-mode  —  fun mode: on,\tnormal -- 猫"
    reply = await harness.video(prompt)
    assert SAID not in (await shown(harness, reply)).text()
    assert sent(harness) == [(prompt, "normal")]


async def test_a_prompt_of_flags_alone_is_refused(harness: Harness) -> None:
    for prompt in ("--mode=spicy", "/mode fun.", "&dash;&dash;mode&equals;spicy"):
        assert await told(await harness.video(prompt)) == explanations.PROMPT_OF_FLAGS.english
    assert harness.rows() == []


@pytest.mark.slow
async def test_forms_take_flags_out(harness: Harness) -> None:
    more = await harness.video("a boat", more=True)
    await more.wait_for_modal(TIMEOUT_S)
    reply = await send(harness, more, {"prompt": "--preset: spicy a boat"})
    assert SAID in (await shown(harness, reply)).text()
    changed = await send(harness, await opens(harness, reply, "Change"), {"prompt": "a ship mode=spicy"})
    assert SAID in (await shown(harness, changed)).text()
    following = await send(
        harness, await opens(harness, changed, "Use last frame"), {"prompt": "-mode spicy a buoy"}
    )
    await shown(harness, following)
    again = await press(harness, following, "Again")
    assert SAID not in (await shown(harness, again)).text()
    assert sent(harness) == [("a boat", "normal"), ("a ship", "normal"), *[("a buoy", "normal")] * 2]


@pytest.mark.slow
async def test_messages_take_out_what_they_do_not_read_as_an_option(harness: Harness) -> None:
    asked = await say(harness, ping(harness, "a boat mode=spicy"), 1)
    assert SAID in (await ended(harness, asked)).text()
    assert sent(harness) == [("a boat", "normal")]


async def test_an_option_behind_a_message_is_judged_as_the_preset_that_it_names(harness: Harness) -> None:
    where = harness.adult_channel
    asked = await say(harness, ping(harness, "a boat --mode=spicy"), 1, channel=where)
    assert await said_to(asked) == refusals.REFUSALS["spicy_from_pictures"].english
    unknown = await say(harness, ping(harness, "a boat --mоde=spicy"), 1, channel=where)
    assert "--m" in (await answer_to(unknown)).versions[0].text()
    assert harness.bought == 0


@pytest.mark.slow
async def test_what_earlier_versions_stored_is_sent_without_flags(harness: Harness) -> None:
    first = await delivered(harness)
    await rule(harness, modes={Gate.NORMAL: Mode.APPROVAL})
    reply = await harness.video("a boat")
    await held(reply)
    card = await question(harness)
    await harness.app.jobs.runner.idle()
    await type_into_rows(harness, "a boat --mode=spicy")
    await harness.restart()
    await told(await press(harness, card, "Approve", user=moderator(harness)))
    await shown(harness, reply)
    await rule(harness, modes={})
    await shown(harness, await press(harness, first, "Again"))
    assert sent(harness)[1:] == [("a boat", "normal")] * 2


@pytest.mark.slow
async def test_of_flags_alone_that_earlier_versions_stored_nothing_is_bought(harness: Harness) -> None:
    await rule(harness, modes={Gate.NORMAL: Mode.APPROVAL})
    reply = await harness.video("a boat")
    await held(reply)
    card = await question(harness)
    await harness.app.jobs.runner.idle()
    await type_into_rows(harness, "--mode=spicy")
    await harness.restart()
    await told(await press(harness, card, "Approve", user=moderator(harness)))
    assert refusals.NO_LONGER_ALLOWED.what.english in (await harness.ended(reply)).text()
    assert harness.bought == 0
