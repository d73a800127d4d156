"""Sentences of the command `demo`. The operator reads them in English."""

from typing import Final

DEMO: Final = (
    "Watch one /video from prompt to mp4, against a local Discord and a local DimiLinks; needs no account. With "
    "--preset spicy, moderators approve it first."
)
JSON: Final = (
    "Print one JSON object a line instead, for scripts; docs/operators/command-line.md has their form."
)
PROMPT: Final = "A paper boat drifts down a rainy street at dusk, neon reflections in the puddles"
SIMULATED: Final = "Simulated: no AI was asked, nothing was charged"
STARTING: Final = "Starting a local Discord, a local DimiLinks and the bot…"
NOT_STARTED: Final = "the bot did not come up"
NO_REPLY: Final = "nothing has changed for several minutes"
SAID_ABOVE: Final = "the reply above says why"
SPOILER: Final = "▒ behind a spoiler: a click shows it ▒"
THINKING: Final = "Stillmotion is thinking…"
NO_ANSWER: Final = "The application did not respond"
DELETED: Final = "(deleted)"
ONLY_ASKER: Final = "Only the person who asked sees this"
EVERYONE: Final = "everyone here sees this"
ADULTS: Final = "age-restricted; everyone here sees this"
MODERATORS: Final = "only moderators see this"
NOW: Final = "In the demo's server"
NEXT: Final = "What next?"


def typed(who: str, command: str) -> str:
    """Somebody used a slash command."""
    return f"{who} used {command}"


def pressed(who: str, button: str) -> str:
    """Somebody pressed a button."""
    return f"{who} pressed [{button}]"


def chose(who: str, setting: str, value: str) -> str:
    """Somebody chose something in the settings."""
    return f"{who} chose {setting}: {value}"


def after(seconds: float) -> str:
    """Time since the command was typed."""
    return f"{seconds:.1f} s"


def next_steps(opener: str, *, checkout: bool) -> tuple[tuple[str, str], ...]:
    """Return what to do next, in a checkout or with an installed bot: commands, and what they are for."""
    if not checkout:
        return (
            (opener, "watch it"),
            ("stillmotion demo --image cat.png", "with a picture of yours"),
            ("stillmotion demo --preset spicy", "with moderators who approve"),
            ("stillmotion check", "once DISCORD_TOKEN and DIMILINKS_API_KEY are in a file .env here"),
        )
    return (
        (opener, "watch it"),
        ('make demo ARGS="--image cat.png"', "with a picture of yours"),
        ('make demo ARGS="--preset spicy"', "with moderators who approve"),
        ("cp .env.example .env", "then fill it in; docs/operators/index.md says how"),
        ("make test", "see that everything works"),
    )
