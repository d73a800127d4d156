"""Forms: opening them, reading them, sending them, also forged ones."""

from collections.abc import Mapping, Sequence

from bot.sandbox.discord import Message, Reply, User
from bot.sandbox.discord.interactions import InteractionKind
from bot.sandbox.discord.modals import FormValue, fields_of
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import stored
from tests.e2e.actors.timing import until

UNKNOWN = "0" * 32


async def animated(harness: Harness, message: Message, *, user: User | None = None) -> Reply:
    """The form of *Animate*, once what was chosen for it is kept."""
    before = drafts(harness)
    opened = await harness.sandbox.discord.menu("Animate", user=user or harness.user, message=message)
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(harness) > before)
    return opened


def drafts(harness: Harness) -> int:
    """How many drafts are kept."""
    return len(stored(harness, "SELECT id FROM drafts"))


async def opens(harness: Harness, target: Reply, label: str, *, user: User | None = None) -> Reply:
    """The form behind a button."""
    pressed = await press(harness, target, label, user=user)
    await pressed.wait_for_modal(TIMEOUT_S)
    assert len(custom_id(pressed)) <= 100
    return pressed


def custom_id(opened: Reply) -> str:
    assert opened.modal is not None
    return str(opened.modal["custom_id"])


def parts(opened: Reply) -> dict[str, object]:
    """What the form holds before it is filled in, by the parts' names."""
    assert opened.modal is not None
    found: dict[str, object] = {}
    for name, field in fields_of(opened.modal).items():
        chosen = [option["value"] for option in field.get("options", []) if option.get("default")]
        found[name] = chosen[0] if chosen else field.get("value")
    return found


def hint(opened: Reply, name: str) -> str:
    """What stands below a part's label."""
    assert opened.modal is not None
    labels = opened.modal["components"]
    return next(str(label["description"]) for label in labels if label["component"]["custom_id"] == name)


async def send(harness: Harness, opened: Reply, values: Mapping[str, FormValue]) -> Reply:
    """Send a form; the answer to it."""
    return await harness.sandbox.discord.submit(opened, values)


async def send_made_up(
    harness: Harness,
    custom_id: str,
    answers: Sequence[object],
    *,
    user: User | None = None,
    source: Message | None = None,
) -> Reply:
    """Send a forged form, or one that was opened for another user."""
    data: dict[str, object] = {"custom_id": custom_id, "components": answers}
    clients = harness.sandbox.discord._clients  # pyright: ignore[reportPrivateUsage] - sends only what was opened
    return clients._send(  # pyright: ignore[reportPrivateUsage] - likewise
        InteractionKind.MODAL_SUBMIT, user or harness.user, harness.channel, data, label="form", source=source
    )


def answers(**values: str) -> list[object]:
    """Answers as a form carries them: of a text field for the prompt, of selects for the rest."""
    return [
        {
            "type": 18,
            "id": number,
            "component": {"type": 4, "id": number + 10, "custom_id": name, "value": value}
            if name == "prompt"
            else {"type": 3, "id": number + 10, "custom_id": name, "values": [value]},
        }
        for number, (name, value) in enumerate(values.items(), 1)
    ]
