"""What was refused can be changed: the form opens as it was sent, from a command and from a form."""

from datetime import timedelta

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.discord import Reply
from bot.sandbox.discord.modals import fields_of
from bot.texts import explanations, forms
from tests.e2e.actors.approvals import change_rules
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.forms import hint, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import delivered, upload, widths


async def reopened(harness: Harness, refused: Reply) -> Reply:
    """Press *Change* below a refusal."""
    opened = await press(harness, refused, "Change")
    await opened.wait_for_modal(TIMEOUT_S)
    return opened


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_refused_command_opens_as_a_form_with_what_was_typed(
    harness: Harness, *, restarted: bool
) -> None:
    refused = await harness.video("a paper boat at dusk", preset="spicy", seconds="10")
    assert "age-restricted" in await told(refused)
    await meanwhile(harness, restarted=restarted)
    opened = await reopened(harness, refused)
    assert opened.modal is not None
    assert "a paper boat at dusk" in str(fields_of(opened.modal))
    sent = await send(harness, opened, {"preset": ["normal"]})
    assert (await harness.ended(sent)).videos
    (row,) = harness.rows("prompt, seconds")
    assert row == {"prompt": "a paper boat at dusk", "seconds": 10}


async def test_a_refused_form_keeps_what_was_typed(harness: Harness) -> None:
    await change_rules(harness, modes={Gate.SPICY: Mode.OPEN, Gate.FUN: Mode.OFF})
    first = await reopened(harness, await _refused(harness, "a boat"))
    sent = await send(harness, first, {"prompt": "a long and careful prompt", "preset": ["fun"]})
    assert "switched off" in await told(sent)
    again = await reopened(harness, sent)
    assert "a long and careful prompt" in str(again.modal)
    made = await send(harness, again, {"preset": ["normal"]})
    assert (await harness.ended(made)).videos
    late = await press(harness, sent, "Change")
    assert await told(late) == forms.DRAFT_USED.english


async def test_what_was_refused_is_kept_before_the_refusal_is_shown(harness: Harness) -> None:
    refused = await harness.video("a paper boat at dusk", preset="spicy")
    await told(refused)
    assert len(stored(harness, "SELECT id FROM drafts")) == 1


async def refused_again(harness: Harness) -> Reply:
    """Have *Again* below a video with a picture, 140 wide, be refused for its preset."""
    reply = await delivered(harness, image=upload(harness, size=(140, 130)), preset="fun")
    await change_rules(harness, modes={Gate.FUN: Mode.OFF})
    refused = await press(harness, reply, "Again")
    assert "switched off" in await told(refused)
    return refused


@pytest.mark.parametrize("replaced", [False, True])
async def test_pictures_of_a_form_replace_those_of_the_video_that_was_asked_for_again(
    harness: Harness, *, replaced: bool
) -> None:
    opened = await reopened(harness, await refused_again(harness))
    assert hint(opened, "pictures") == forms.instead_of(1).english
    more = {"pictures": [upload(harness, size=(177, 130))]} if replaced else {}
    sent = await send(harness, opened, {"preset": ["normal"], **more})
    assert (await harness.ended(sent)).videos
    assert widths(harness) == [177 if replaced else 140]


@pytest.mark.started_with(keep_pictures_hours=1)
@pytest.mark.parametrize("gone_first", [False, True])
async def test_pictures_that_are_gone_are_not_asked_for_again(
    harness: Harness, clock: MovableClock, *, gone_first: bool
) -> None:
    if gone_first:
        reply = await delivered(harness, image=upload(harness))
    else:
        reply = await refused_again(harness)
    clock.offset = timedelta(hours=2)
    await harness.app.cleanup.run_once(harness.now())
    if gone_first:
        reply = await press(harness, reply, "Again")
        assert await told(reply) == explanations.PICTURES_NOT_KEPT.english
    opened = await reopened(harness, reply)
    said = forms.FIRST_PICTURES if gone_first else forms.LOST_PICTURES
    assert hint(opened, "pictures") == said.english
    sent = await send(harness, opened, {"preset": ["normal"]})
    assert (await harness.ended(sent)).videos
    assert widths(harness) == []


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_form_comes_without_the_pictures_for_which_it_was_refused(
    harness: Harness, *, allowed: bool
) -> None:
    huge = upload(harness, size=(177, 130))
    if allowed:
        huge.size_bytes = 60_000_000  # as Discord says
    else:
        await change_rules(harness, modes={Gate.PICTURES: Mode.OFF})
    refused = await harness.video(image=huge, image2=upload(harness, size=(140, 130)))
    assert "This cost nothing." in await told(refused)
    sent = await send(harness, await reopened(harness, refused), {})
    assert (await harness.ended(sent)).videos
    assert widths(harness) == ([140] if allowed else [])


async def _refused(harness: Harness, prompt: str) -> Reply:
    reply = await harness.video(prompt, preset="fun")
    await told(reply)
    return reply
