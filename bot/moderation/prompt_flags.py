"""Flags in prompts that would choose a preset at the video service, such as `--mode=…`; they are taken out.

Gateways of this kind append the preset to the prompt as text, so a flag that a user writes may choose another one
than the rules have judged. Every prompt passes here before it is judged, and again before it is sent.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from bot.moderation.words.lookalikes import Folding

_HYPHEN, _LONG_DASH = "-", "~"
_LONG_DASHES: Final = frozenset("–—―⸺⸻﹘︱︲〜～⁓─━⎯")
"""What keyboards make of two hyphens, and other long strokes."""
_OTHER_HYPHENS: Final = frozenset("-/\\⁄∕⧸⧵／＼﹨−˗⁃➖－﹣⁻₋⁒ーｰㅡ一ᅳ╌╍┄┅_＿")
"""Hyphens, slashes, and what looks like them, beside Unicode's own dashes."""
_EQUALS: Final = frozenset("=＝﹦꞊⁼₌⩵⩶≡≔≕≐≃≅≈≒═〓゠᐀🟰")
_COLONS: Final = frozenset(":：﹕∶ː˸꞉։׃܃܄᛬︓︰⁚⁝፡;；﹔;")
_SIGNS: Final = {
    **dict.fromkeys(_OTHER_HYPHENS, _HYPHEN),
    **dict.fromkeys(_LONG_DASHES, _LONG_DASH),
    **dict.fromkeys(_EQUALS, "="),
    **dict.fromkeys(_COLONS, ":"),
}
_DROPPED: Final = frozenset("*`|\"'“”‘’„‟‚‛«»‹›~˜＂＇｀´")
"""Markup and quotation marks, which may stand anywhere in a flag."""

_FOLDINGS: Final = (Folding(by_capital=False), Folding(by_capital=True))
_PASSES: Final = 6
_MOST_FLAGS: Final = 12
"""More flags than these, or flags within flags for more than `_PASSES`, are in no prompt by accident."""
_LEFT_CHARS, _RIGHT_CHARS = 48, 96
_GAP: Final = " {0,8}"


_ENCODED: Final = re.compile(
    r"&(?:amp;){0,3}#?[0-9a-z]{1,32};|(?:%(?:25){0,3}[0-9a-f]{2}){1,16}|\\(?:u00|x)[0-9a-f]{2}", re.IGNORECASE
)
"""Characters as pages, addresses and programs write them: `&equals;`, `%3D`, `\\x3d`."""
_AMPERSAND: Final = re.compile("(?<=&)(?:amp;)+", re.IGNORECASE)
_PER_CENT: Final = re.compile("%(?:25)+(?=[0-9a-f]{2})", re.IGNORECASE)


def _spaced(word: str) -> str:
    """Return a pattern for a word, also with spaces or signs between its letters."""
    between = "[^a-z0-9\\n]{0,3}"
    return between.join(_LETTERS.get(letter, letter) for letter in word)


_LETTERS: Final = {"o": "[o0]", "e": "[e3]", "s": "[s5]", "i": "[i1l]", "a": "[a4]", "t": "[t7]"}
_KEY: Final = re.compile("|".join(_spaced(key) for key in ("mode", "preset")))
_ESCALATING: Final = (
    "(?:"
    + "|".join(_spaced(word) for word in ("spicy", "crazy"))
    + rf"|{_spaced('extremely')}(?:[ -]{{0,3}}(?:or|spicy|crazy|fun)){{0,4}})"
)
_KNOWN: Final = f"(?:{_ESCALATING}|" + "|".join(_spaced(word) for word in ("normal", "fun", "custom")) + ")"
_BEFORE: Final = re.compile(
    rf"(?P<dashes>[-~](?:{_GAP}[-~]){{0,12}})(?P<gap>{_GAP})(?P<head>(?:[a-z0-9]{{1,16}}[-~]?){{0,2}})$"
)
_ASSIGNED: Final = re.compile(
    rf"(?P<tail>(?:[-~]?[a-z0-9]{{1,16}}){{0,2}}[-~]?){_GAP}(?P<sign>[=:](?:{_GAP}[=:>]){{0,4}}|-?>)"
    rf"(?P<value>{_GAP}[(\[{{<]?{_GAP}[-a-z0-9]{{1,64}}[)\]}}>]?)?"
)
_KNOWN_NEXT: Final = re.compile(rf"{_GAP}[(\[{{<=:]{{0,2}}{_GAP}{_KNOWN}(?![a-z0-9])[)\]}}>]?")
_ESCALATING_NEXT: Final = re.compile(rf"{_GAP}[(\[{{<]{{0,2}}{_GAP}{_ESCALATING}(?![a-z0-9])[)\]}}>]?")
_BARE_VALUE: Final = re.compile(rf"(?:(?<=[^a-z0-9~-])|^)-{_GAP}-[- ]{{0,8}}(?<=-){_ESCALATING}(?![a-z0-9])")
"""`--spicy`, a value without its key."""
_OTHER_KEY: Final = re.compile(
    rf"(?<![a-z0-9~-])(?:-{_GAP}-[-~]{{0,8}}|~[-~]{{0,8}})(?:[^ =:\n]{{1,32}}{_GAP}"
    rf"(?:[=:]{{0,2}}=>?{_GAP}[(\[{{<]{{0,2}}{_GAP}{_KNOWN}|(?:[=:]{{1,3}}|-?>){_GAP}[(\[{{<]{{0,2}}{_GAP}{_ESCALATING})"
    rf"(?![a-z0-9])[)\]}}>]?|[.-]{{1,24}}=[^ \n]{{1,64}})"
)
"""A key of another name or language with the name of a preset, or a key of another script with any value."""


@dataclass(frozen=True)
class CleanPrompt:
    """A prompt without flags, and True if there were some. Without any it is the user's, byte for byte."""

    text: str
    had_flags: bool


@dataclass(frozen=True)
class _Folded:
    """A text in plain characters, and for each of them the start and the end of what it was made from."""

    text: str
    starts: list[int]
    ends: list[int]


def take_out_flags(prompt: str) -> CleanPrompt:
    """Take out of a prompt what the video service may read as the choice of a preset.

    Flags count in any case, width and spacing, with any dashes, with look-alike letters and with characters that
    are not shown. Of a prompt that consists of little else nothing is left.
    """
    text = prompt
    for _ in range(_PASSES):
        spans = _flags_in(text)
        if not spans:
            return CleanPrompt(text if text == prompt or _says_something(text) else "", text != prompt)
        if len(spans) > _MOST_FLAGS:
            break
        text = _without(text, spans)
    return CleanPrompt("", had_flags=True)


def _flags_in(text: str) -> list[tuple[int, int]]:
    """Return where the flags are, as places in the text, in order and apart from each other."""
    found: list[tuple[int, int]] = []
    for folding in _FOLDINGS:
        folded = _fold(text, folding)
        for start, end in _spans(folded.text):
            found.append((folded.starts[start], folded.ends[end - 1]))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _fold(text: str, folding: Folding) -> _Folded:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end, shown in _characters(text):
        plain = "".join(_plain(character, folding) for character in shown)
        pieces.append(plain)
        starts += [start] * len(plain)
        ends += [end] * len(plain)
    return _Folded("".join(pieces), starts, ends)


def _characters(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each piece of a text with its start and its end: a character, or what an encoded one stands for."""
    done = 0
    for found in _ENCODED.finditer(text):
        yield from ((place, place + 1, text[place]) for place in range(done, found.start()))
        yield found.start(), found.end(), _decoded(found[0])
        done = found.end()
    yield from ((place, place + 1, text[place]) for place in range(done, len(text)))


def _decoded(encoded: str) -> str:
    match encoded[0]:
        case "&":
            return html.unescape(_AMPERSAND.sub("", encoded))
        case "%":
            return unquote(_PER_CENT.sub("%", encoded), errors="replace")
        case _:
            return chr(int(encoded[-2:], 16))


def _plain(character: str, folding: Folding) -> str:
    if character.isascii() and character.isalnum():
        return character.lower()
    if character == " ":
        return character
    if character in _DROPPED:
        return ""
    sign = _SIGNS.get(character) or (_HYPHEN if unicodedata.category(character) == "Pd" else None)
    if sign is not None:
        return sign
    folded = folding[ord(character)]
    return folded if folded.isascii() else "."


def _spans(text: str) -> list[tuple[int, int]]:
    found = [flag.span() for pattern in (_BARE_VALUE, _OTHER_KEY) for flag in pattern.finditer(text)]
    for key in _KEY.finditer(text):
        span = _span_of(text, key.start(), key.end())
        if span is not None:
            found.append(span)
            if len(found) > _MOST_FLAGS:
                break
    return found


def _span_of(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span of the flag whose key is at a place of a folded text; None if it is a word like others."""
    spelled_apart = not text[start:end].isalnum()
    left, right = text[max(0, start - _LEFT_CHARS) : start], text[end : end + _RIGHT_CHARS]
    before = _BEFORE.search(left)
    stands_alone = not left or not left[-1].isalnum()
    if before is None and not stands_alone:
        return None
    begins = start - (len(left) - before.start()) if before is not None else start
    free = begins == 0 or not text[begins - 1].isalnum()
    dashes = before["dashes"] if before is not None else ""
    strong = "~" in dashes or dashes.count("-") > 1
    attached = before is not None and not before["gap"]
    assigned = _ASSIGNED.match(right)
    if assigned is not None and (before is not None or not assigned["tail"]):
        any_value = "=" in assigned["sign"] or (attached and (free or strong))
        known = (_KNOWN_NEXT if before is not None else _ESCALATING_NEXT).match(right[assigned.end("sign") :])
        if known is not None:
            return begins, end + assigned.end("sign") + known.end()
        if any_value:
            return begins, end + assigned.end()
    if before is None or spelled_apart or not (free or strong):
        return None
    known = _KNOWN_NEXT.match(right)
    if known is not None:
        return begins, end + known.end()
    # Nothing but a flag begins with two hyphens; what follows may be words of the prompt.
    two_hyphens = dashes.count("-") > 1 and free and attached and not before["head"]
    return (begins, end) if two_hyphens and not right[:1].isalnum() else None


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """Return a text without some of its parts, and with one space where such a part stood between two."""
    kept, done = "", 0
    for start, end in spans:
        kept, rest = kept + text[done:start], text[end:]
        done = end
        if (not kept or kept[-1].isspace()) and rest[:1] == " ":
            done += 1
    return (kept + text[done:]).strip()


def _says_something(text: str) -> bool:
    """Return True if a text has a letter, a digit or a picture."""
    kinds = map(unicodedata.category, text)
    return any(kind[0] in "LN" or kind == "So" for kind in kinds)
