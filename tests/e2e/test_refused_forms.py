"""What was refused can be changed: the form opens as it was sent, from a command and from a form."""

from bot.moderation.rules import Gate, Mode
from bot.sandbox.discord import Reply
from bot.sandbox.discord.modals import fields_of
from bot.texts import forms
from tests.e2e.actors.approvals import change_rules
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.forms import send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile


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


async def _refused(harness: Harness, prompt: str) -> Reply:
    reply = await harness.video(prompt, preset="fun")
    await told(reply)
    return reply
