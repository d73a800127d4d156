"""Lists as files: what is handed out comes back the same, and what is no list is said to be none."""

import pytest

from bot.moderation.words.exchange import NotAListError, read_terms, write_terms
from bot.moderation.words.matching import Effect, Term

TERMS = (
    Term("red, car", Effect.BLOCKED, fragment=True),
    Term('the "best"', Effect.HELD),
    Term("裸体", Effect.ALERTS),
    Term("=1+1", Effect.BLOCKED),
)


async def test_a_list_comes_back_as_it_was_written() -> None:
    read = await read_terms(write_terms(TERMS).encode())
    assert (read.terms, read.bad_lines) == (TERMS, ())


@pytest.mark.parametrize(
    ("content", "terms", "bad_lines"),
    [
        ("knife", ["knife"], ()),
        ("\ufeffterm,effect,inside words\nknife,HELD,No\n\n", ["knife"], ()),
        ("knife\nknife,held\nx\nfork,eaten\n", ["knife"], (3, 4)),
        (" knife , blocked ,yes,more\r\nfork", ["knife", "fork"], ()),
    ],
)
async def test_lines(content: str, terms: list[str], bad_lines: tuple[int, ...]) -> None:
    read = await read_terms(content.encode())
    assert [term.text for term in read.terms] == terms
    assert read.bad_lines == bad_lines


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"x\ny", b"\xff\xfe\x00", b'"knife', b"term,effect,inside words\n"]
)
async def test_no_list(content: bytes) -> None:
    with pytest.raises(NotAListError):
        await read_terms(content)
