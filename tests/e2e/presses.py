"""What the tests of buttons, lists and lines share: presses, videos that finish on command, clocks that move."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.sandbox.dimilinks import TaskOutcome
from bot.sandbox.discord import Channel, DiscordFault, Message, MessageVersion, Reply, User
from bot.sandbox.discord.interactions import InteractionKind
from tests.e2e.stage import TIMEOUT_S, Stage, utc_now

AT_ONCE_AND_AFTER_A_RESTART = pytest.mark.parametrize(
    "restarted", [False, True], ids=["at once", "after a restart"]
)


class MovableClock:
    """A wall clock that can be set."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.offset


async def meanwhile(stage: Stage, *, restarted: bool) -> None:
    """Restart the bot, if that is what is tested."""
    if restarted:
        await stage.restart()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what only plain records tell."""
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():  # noqa: ASYNC110 - plain records
            await asyncio.sleep(0.02)


def hold(stage: Stage, videos: int = 1) -> None:
    """Have the next videos that are bought stay unfinished, until `finish`."""
    stage.sandbox.dimilinks.faults.outcomes.extend([TaskOutcome.NEVER_FINISHES] * videos)


def finish(stage: Stage, prompt: str, outcome: TaskOutcome | None = None) -> None:
    """Have a video that was held end now: well, or with `outcome`."""
    tasks = stage.sandbox.dimilinks._tasks  # pyright: ignore[reportPrivateUsage] - scripted by time alone
    held = [task for task in tasks.values() if task.submission.prompt == prompt]
    assert held, f"nothing was bought for {prompt!r}"
    for task in held:
        task.outcome = outcome


async def being_made(stage: Stage, prompt: str, *, user: User | None = None, private: bool = False) -> Reply:
    """A video that was bought and stays unfinished, until `finish`."""
    hold(stage)
    reply = await stage.video(prompt, user=user, private=private)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def in_line(
    stage: Stage, prompt: str, *, user: User | None = None, channel: Channel | None = None
) -> Reply:
    """A request that waits its turn."""
    reply = await stage.video(prompt, user=user, channel=channel)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    return reply


async def press(stage: Stage, target: Reply | Message, label: str, *, user: User | None = None) -> Reply:
    """Press a button that is there."""
    return await stage.sandbox.discord.press(target, label, user=user or stage.user)


async def press_unseen(stage: Stage, seen: Message, custom_id: str, *, user: User | None = None) -> Reply:
    """Press a button that only an old client still shows on a message, or that somebody made up."""
    data: dict[str, object] = {"component_type": 2, "custom_id": custom_id}
    clients = stage.sandbox.discord._clients  # pyright: ignore[reportPrivateUsage] - refuses what is not shown
    return clients._send(  # pyright: ignore[reportPrivateUsage] - likewise
        InteractionKind.COMPONENT, user or stage.user, seen.channel, data, label=custom_id, source=seen
    )


async def confirm(stage: Stage, asked: Reply | Message, *, user: User | None = None) -> Reply:
    """Confirm whom the pictures of a spicy request show, as the answer `asked` for."""
    opened = await press(stage, asked, "Confirm…", user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    return await stage.sandbox.discord.submit(opened, {"yes": True})


async def told(pressed: Reply) -> str:
    """What a press, or a command, was answered with."""
    return (await pressed.wait_for_answer(TIMEOUT_S)).text()


async def whispered(pressed: Reply) -> str:
    """What a press was answered with beside the message, to nobody but who pressed."""
    message = await pressed.wait_for_followup(TIMEOUT_S)
    assert message.ephemeral
    return message.current.text()


def message_of(reply: Reply) -> Message:
    """The message that a reply is shown in."""
    assert reply.message is not None
    return reply.message


def labels(version: MessageVersion) -> list[str]:
    """What stands on the buttons, in order."""
    return [button.label for button in version.buttons]


def id_of(version: MessageVersion, label: str) -> str:
    """The custom id of the button with this label."""
    return next(button.custom_id or "" for button in version.buttons if button.label == label)


def close_every_way(stage: Stage, reply: Reply) -> None:
    """Have Discord refuse whatever the bot would tell the person in this reply, the channel or directly."""
    reply.expire_token()
    for route in ("PATCH /channels/*", "POST /channels/*"):
        stage.sandbox.discord.faults.append(
            DiscordFault(route, status=403, code=50013, message="Missing Permissions", times=1000)
        )
    stage.user.accepts_direct_messages = False


def reopen_every_way(stage: Stage) -> None:
    """Have Discord take everything again."""
    stage.sandbox.discord.faults.clear()
    stage.user.accepts_direct_messages = True
