"""Spicy requests with pictures, and the confirmation of whom these show."""

from bot.sandbox.discord import Message, Reply
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import TIMEOUT_S, Stage
from tests.e2e.actors.videos import upload


async def with_picture(
    stage: Stage, prompt: str = "a portrait", width: int = 64, *, private: bool = False
) -> Reply:
    """A spicy request that starts from a picture."""
    return await stage.video(
        prompt,
        channel=stage.adult_channel,
        preset="spicy",
        image=upload(stage, size=(width, 48)),
        private=private,
    )


async def confirm(stage: Stage, target: Reply | Message, *, ticked: bool = True) -> Reply:
    """Press the button, tick the box or not, send the form."""
    if isinstance(target, Reply):
        await target.wait_for_answer(TIMEOUT_S)
    opened = await press(stage, target, "Confirm…")
    form = await opened.wait_for_modal(TIMEOUT_S)
    assert "under age" in str(form)
    return await stage.sandbox.discord.submit(opened, {"yes": ticked})
