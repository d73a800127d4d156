"""Spicy requests with pictures, and the confirmation of whom these show."""

from bot.sandbox.discord import Message, Reply
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.videos import upload


async def with_picture(
    harness: Harness, prompt: str = "a portrait", width: int = 64, *, private: bool = False
) -> Reply:
    """A spicy request that starts from a picture."""
    return await harness.video(
        prompt,
        channel=harness.adult_channel,
        preset="spicy",
        image=upload(harness, size=(width, 48)),
        private=private,
    )


async def confirm(harness: Harness, target: Reply | Message, *, ticked: bool = True) -> Reply:
    """Press the button, tick the box or not, send the form."""
    if isinstance(target, Reply):
        await target.wait_for_answer(TIMEOUT_S)
    opened = await press(harness, target, "Confirm…")
    form = await opened.wait_for_modal(TIMEOUT_S)
    assert "under age" in str(form)
    return await harness.sandbox.discord.submit(opened, {"yes": ticked})
