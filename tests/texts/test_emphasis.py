"""Italics do not show on Chinese and Japanese characters: names stand in quotation marks."""

import re

import pytest
from babel.messages.pofile import read_po

from bot.texts.catalogue import LOCALES, catalogue_path

ITALICS = re.compile(r"(?<![*\\])\*(?!\*)[^*\n]+(?<!\*)\*(?!\*)|(?<!\w)_[^_\n]+_(?!\w)")


@pytest.mark.parametrize("locale", LOCALES)
def test_translations_have_no_italics(locale: str) -> None:
    with catalogue_path(locale).open("rb") as file:
        forms = [message.string for message in read_po(file) if message.id]
    texts = [text for form in forms for text in ((form,) if isinstance(form, str) else form or ())]
    assert [text for text in texts if ITALICS.search(text)] == []


@pytest.mark.parametrize(("text", "italic"), [("*火辣*", True), ("**火辣**", False), ("`/火辣 待审`", False)])
def test_italics_are_told_from_bold(text: str, *, italic: bool) -> None:
    assert bool(ITALICS.search(text)) is italic
