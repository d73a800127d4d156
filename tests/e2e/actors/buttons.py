"""Buttons: pressing them, what a press is answered with, what is on them."""

from bot.delivery.card import Action
from bot.sandbox.discord import Message, MessageVersion, Reply, User
from bot.sandbox.discord.interactions import InteractionKind
from bot.sandbox.discord.versions import VersionKind
from bot.texts.buttons import LABELS
from bot.texts.messages import Language
from tests.e2e.actors.harness import BEING_STORED, TIMEOUT_S, Harness


async def press(harness: Harness, target: Reply | Message, label: str, *, user: User | None = None) -> Reply:
    """Press a button that is there."""
    return await harness.sandbox.discord.press(target, label, user=user or harness.user)


async def press_unseen(harness: Harness, seen: Message, custom_id: str, *, user: User | None = None) -> Reply:
    """Press a button that only an outdated client still shows, or that is forged."""
    data: dict[str, object] = {"component_type": 2, "custom_id": custom_id}
    clients = harness.sandbox.discord._clients  # pyright: ignore[reportPrivateUsage] - refuses what is not shown
    return clients._send(  # pyright: ignore[reportPrivateUsage] - likewise
        InteractionKind.COMPONENT, user or harness.user, seen.channel, data, label=custom_id, source=seen
    )


async def choose_unseen(
    harness: Harness, seen: Message, custom_id: str, values: list[str], *, user: User | None = None
) -> Reply:
    """Choose values in a select that only an outdated client still shows, or that is forged."""
    data: dict[str, object] = {"component_type": 3, "custom_id": custom_id, "values": values}
    clients = harness.sandbox.discord._clients  # pyright: ignore[reportPrivateUsage] - refuses what is not shown
    return clients._send(  # pyright: ignore[reportPrivateUsage] - likewise
        InteractionKind.COMPONENT, user or harness.user, seen.channel, data, label=custom_id, source=seen
    )


async def told(pressed: Reply) -> str:
    """What a press, or a command, was answered with; without the *Change* that is below every refusal."""
    shown = await pressed.wait_for(
        lambda version: version.kind is not VersionKind.THINKING and BEING_STORED not in version.text(),
        TIMEOUT_S,
    )
    return without_change(shown.text())


def without_change(text: str) -> str:
    """A text without the *Change* below it."""
    for language in Language:
        text = text.removesuffix(f"\n[{LABELS[Action.CHANGE].in_language(language)}]")
    return text


async def whispered(pressed: Reply) -> str:
    """What a press was answered with beside the message, visible only to the user who pressed."""
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
