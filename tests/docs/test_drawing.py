"""Messages as pictures: what they say is on them, wrapped to their width."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET  # what is parsed was just drawn

from tests.docs.discord_look import Drawing, Typed, message_svg
from tests.docs.written_text import lines_of

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
CARD = {
    "type": 17,
    "accent_color": 0x2ECC71,
    "components": [
        {"type": 10, "content": "### A headline\n> a prompt & more\n-# small <@7> <t:1767358800:R>"},
        {"type": 12, "items": [{"media": {"url": "https://host/a/boat.mp4?ex=1"}, "description": "a boat"}]},
        {"type": 14},
    ],
}
ROW = {"type": 1, "components": [{"type": 2, "label": "Again", "style": 1}, {"type": 2, "label": "More"}]}


def test_a_message_is_drawn_with_its_texts_buttons_and_frame() -> None:
    drawing = Drawing({"@7": "@ada"}, NOW, {"boat.mp4": b"jpeg"})
    svg = message_svg([CARD, ROW], drawing, title="A <video>", typed=Typed("ada", "/video"), private=True)
    drawn = "".join(ET.fromstring(svg).itertext())  # noqa: S314 - as above
    for part in (
        "A <video>",
        "ada used /video",
        "A headline",
        "a prompt & more",
        "small @ada in 1 hour",
        "Again",
        "More",
    ):
        assert part in drawn
    assert "Only you can see this" in drawn
    assert "data:image/jpeg;base64," in svg


def test_lines_are_no_wider_than_the_room_and_lose_no_word() -> None:
    text = "**bold** words `code` and [a link](https://example.org/x) " * 8
    lines = lines_of(text, 300, {}, NOW)
    assert len(lines) > 4
    assert all(sum(run.width for run in line.runs) <= 300 for line in lines)
    said = " ".join("".join(run.text for run in line.runs).strip() for line in lines)
    assert (
        said.split()
        == text.replace("**", "")
        .replace("`", "")
        .replace("](https://example.org/x)", "")
        .replace("[", "")
        .split()
    )
