"""A message as a person reads it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.discord import DiscordSandbox, MessageVersion, VersionKind

MOMENT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
STAMP = int(MOMENT.timestamp())


def version(content: str = "", **fields: object) -> MessageVersion:
    """A state of a message."""
    return MessageVersion(VersionKind.POSTED, 0.0, MOMENT, content, **fields)


@pytest.mark.parametrize(
    ("offset_s", "words"),
    [
        (0, "in 0 seconds"),
        (1, "in 1 second"),
        (45, "in 45 seconds"),
        (60, "in 1 minute"),
        (150, "in 2 minutes"),
        (-7200, "2 hours ago"),
        (3 * 86400, "in 3 days"),
    ],
)
def test_relative_times_are_words(offset_s: int, words: str) -> None:
    assert version(f"Ready <t:{STAMP + offset_s}:R>").render() == f"Ready {words}"


@pytest.mark.parametrize(
    ("mark", "shown"), [("", "04 May 2026 12:00"), (":t", "12:00"), (":F", "Monday, 04 May 2026 12:00")]
)
def test_absolute_times_are_dates(mark: str, shown: str) -> None:
    assert version(f"<t:{STAMP}{mark}>").render() == shown


def test_marks_of_formatting_are_not_shown() -> None:
    text = "# Done\n**bold** and ~~gone~~\n-# small\n<:cat:12> [site](https://example.org)"
    assert version(text).render() == "Done\nbold and gone\nsmall\n:cat: site (https://example.org)"


def test_embeds_components_and_buttons_are_read_from_top_to_bottom() -> None:
    embed = {
        "title": "T",
        "description": "D",
        "fields": [{"name": "n", "value": "v"}],
        "footer": {"text": "F"},
    }
    section = {
        "type": 9,
        "components": [{"type": 10, "content": "beside"}],
        "accessory": {"type": 2, "style": 5, "label": "Open", "url": "https://example.org"},
    }
    row = {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "Again", "custom_id": "a", "emoji": {"name": "🔁"}},
            {"type": 2, "style": 4, "label": "Cancel", "custom_id": "c", "disabled": True},
        ],
    }
    seen = version("C", embeds=(embed,), components=({"type": 17, "components": [section]}, row))
    assert seen.text() == "C\nT\nD\nn: v\nF\nbeside\n[Open]\n[🔁 Again] [Cancel (off)]"
    assert [(b.label, b.custom_id, b.disabled) for b in seen.buttons] == [
        ("Open", None, False),
        ("🔁 Again", "a", False),
        ("Cancel", "c", True),
    ]


async def test_files_are_shown_by_name_and_size(tmp_path: Path) -> None:
    async with DiscordSandbox(files_dir=tmp_path) as sandbox:
        video = sandbox.upload("clip.mp4", b"x" * 3 * 1024 * 1024)
        picture = sandbox.upload("cat.png", b"x" * 512)
        seen = version(attachments=(video, picture))
        assert seen.render() == "📎 clip.mp4 (3.00 MB)\n📎 cat.png (0.5 KB)"
        assert seen.videos == (video,)
