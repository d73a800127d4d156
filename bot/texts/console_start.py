"""Sentences of the command line about the first minutes: what `run` says when it is ready, and some of `check`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

PERMISSION_NAMES: Final[Mapping[str, str]] = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
    "embed_links": "Embed Links",
    "view_audit_log": "View Audit Log",
    "read_message_history": "Read Message History",
}
"""Names as the developer portal and servers show them, by the library's."""

TYPE_VIDEO: Final = "Type /video in Discord. Ctrl-C stops the bot."
ADDRESS_UNKNOWN: Final = "its address cannot be looked up"


def ready(name: str, servers: int) -> str:
    """The bot is connected."""
    match servers:
        case 0:
            seen = "No server sees it yet"
        case 1:
            seen = "1 server sees it"
        case _:
            seen = f"{servers} servers see it"
    return f"{name} is ready. {seen}."


def invite(link: str) -> str:
    """The link that adds the bot to a server."""
    return f"Add it to a server: {link}"


def env_file_read(path: Path) -> str:
    """The file of settings was found."""
    return f"{path} was read; the environment wins over it"


def env_file_absent(path: Path) -> str:
    """There is no such file."""
    return f"there is no {path}; settings come from the environment alone (.env.example shows them all)"


def env_file_unreadable(path: Path, reason: str) -> str:
    """The file of settings is there, but not for the user who runs the command."""
    return f"{path} cannot be read ({reason}); it has to be a file of the user who runs the bot"


def env_file_open(path: Path, mode: int) -> str:
    """Others than its owner can read the file, which holds secrets."""
    return f"{path} was read, and so can other users of this machine (mode {mode:03o}): chmod 600 {path}"


GUILD_INSTALL_OFF: Final = (
    "*Guild Install* is switched off in the developer portal, so nobody can add the bot to a server"
)


def install_settings_lack(link: str, lacking: Sequence[str]) -> str:
    """Discord's own *Install Link* asks for less than the bot needs."""
    return (
        f"{link} (use this one: the developer portal's own *Install Link* lacks {', '.join(lacking)}, see "
        "*Installation*, *Default Install Settings*)"
    )


NO_SERVERS: Final = "it is in no server yet; open the install link"


def permissions_enough(servers: int) -> str:
    """The bot's roles allow what it needs in every server."""
    return f"all it needs, in {servers} {'server' if servers == 1 else 'servers'}"


def permissions_lacking(lacking: Sequence[tuple[str, Sequence[str]]], others: int) -> str:
    """The permissions that the bot's roles lack in some servers, by their names."""
    told = "; ".join(f"in {name}: {', '.join(permissions)}" for name, permissions in lacking)
    rest = f"; and in {others} more" if others else ""
    return f"missing {told}{rest}"


METRICS_OFF: Final = "off, as METRICS_ADDRESS is not set"
LINKS_OFF: Final = "off, as MEDIA_URL and MEDIA_ADDRESS are not set"


def address_free(address: str) -> str:
    """The address can be used."""
    return f"{address} is free"


def address_served(address: str) -> str:
    """The bot that runs has the address."""
    return f"{address} is served by the bot that runs"


def address_taken(setting: str, address: str, reason: str) -> str:
    """Something else has the address, or it cannot be used on this machine."""
    return f"{setting}: {address} cannot be used ({reason})"


DECODING_WORKS: Final = "a small picture was prepared, and the process for videos answers"


def decoding_fails(fault: str, memory_mb: int) -> str:
    """A process that reads pictures or videos did not do its task."""
    return (
        f"the process that reads them does not work ({fault}), so no picture and no video can be taken; it starts "
        f"Python in a temporary folder with CHILD_MEMORY_MB={memory_mb}"
    )
