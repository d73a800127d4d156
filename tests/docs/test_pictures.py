"""The pictures of the documents: self-contained, described, used, and no older than the buttons on them."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET  # the files are our own

import pytest
from babel.messages.pofile import read_po

from tests.docs.documents import DOCUMENTS, ROOT, links_of

PICTURES = sorted((ROOT / "docs" / "pictures").iterdir())
SVG = "{http://www.w3.org/2000/svg}"
CATALOGUE = ROOT / "bot/texts/catalogues/ja/LC_MESSAGES/stillmotion.po"


def sentences() -> set[str]:
    with CATALOGUE.open("rb") as file:
        return {str(message.id) for message in read_po(file)}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_says_what_it_shows_and_fetches_nothing(picture: Path) -> None:
    drawn = ET.parse(picture).getroot()  # noqa: S314 - as above
    assert drawn.findtext(f"{SVG}title")
    text = picture.read_text("utf-8")
    assert [
        link for link in re.findall(r'href="([^"]{1,30})', text) if not link.startswith("data:image/jpeg;")
    ] == []
    assert "<script" not in text
    assert len(text) < 120_000


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_the_buttons_on_a_picture_are_those_of_the_bot(picture: Path) -> None:
    drawn = ET.parse(picture).getroot()  # noqa: S314 - as above
    labels = ["".join(group.itertext()) for group in drawn.iter(f"{SVG}g") if group.get("class") == "button"]
    assert labels
    assert {*labels} <= sentences(), "draw them anew: python -m tests.docs.pictures"


def test_every_picture_is_used() -> None:
    used = {
        (document.parent / link).resolve()
        for document in DOCUMENTS
        for link in links_of(document)
        if link.endswith(".svg")
    }
    assert used == {*PICTURES}
