"""Ways in which people hide words from lists."""

from collections.abc import Callable, Mapping
from typing import Final

_LOOKALIKES: Final = str.maketrans("aceiopsxyhjd", "асеіорѕхуһјԁ")  # Cyrillic
_GREEK: Final = str.maketrans("aopiuv", "αοριυν")
_GREEK_CAPITALS: Final = str.maketrans("ABEHIKMNOPTXYZ", "ΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
_LEET: Final = str.maketrans("oieast", "013457")
_SIGNS: Final = str.maketrans("asil", "@$!|")
_SMALL_CAPITALS: Final = str.maketrans("abcdefghiklmnoprtuz", "ᴀʙᴄᴅᴇꜰɢʜɪᴋʟᴍɴᴏᴘʀᴛᴜᴢ")


def _moved(first: int) -> Callable[[str], str]:
    """Letters of another alphabet, which begins there."""
    return lambda word: "".join(
        chr(first + ord(letter) - ord("a")) if letter.isalpha() else letter for letter in word
    )


DISGUISES: Final[Mapping[str, Callable[[str], str]]] = {
    "plain": str,
    "capitals": str.upper,
    "full-width": _moved(ord("ａ")),
    "mathematical bold": _moved(0x1D41A),
    "mathematical script": _moved(0x1D4EA),
    "circled": _moved(ord("ⓐ")),
    "negative squares": _moved(0x1F170),
    "regional indicators": _moved(0x1F1E6),
    "small capitals": lambda word: word.translate(_SMALL_CAPITALS),
    "Cyrillic": lambda word: word.translate(_LOOKALIKES),
    "Cyrillic capitals": lambda word: word.translate(_LOOKALIKES).upper(),
    "Greek": lambda word: word.translate(_GREEK),
    "Greek capitals": lambda word: word.upper().translate(_GREEK_CAPITALS),
    "Greek capitals, small": lambda word: word.upper().translate(_GREEK_CAPITALS).lower(),
    "zero width": "\u200b".join,
    "joiners": "\u200d\u2060\ufe0f".join,
    "soft hyphens": "\u00ad".join,
    "tags": "\U000e0041".join,
    "zalgo": "\u0336\u0301\u0488\u0316\u0345".join,
    "marks of Hindi": "\u0941".join,
    "accents": lambda word: word.translate(str.maketrans("aeiou", "áëîõū")),
    "strokes": lambda word: word.translate(str.maketrans("odl", "øđł")),
    "leet": lambda word: word.translate(_LEET),
    "leet with signs": lambda word: word[:-1].translate(_SIGNS) + word[-1],  # at the end ! only exclaims
    "leet, 1 for l": lambda word: word.replace("l", "1"),
    "spaced": " ".join,
    "dots": ".".join,
    "hyphens": "-".join,
    "underscores": "_".join,
    "pictures": "🍑".join,
    "wide": " . ".join,
    "repeated": lambda word: "".join(letter * 4 for letter in word),
    "doubled": lambda word: "".join(letter * 2 for letter in word),
    "last one doubled": lambda word: word + word[-1],
    "leet, spaced": lambda word: " ".join(word.translate(_LEET)),
    "leet, repeated": lambda word: "".join(sign * 3 for sign in word.translate(_LEET)),
    "Cyrillic, dots, zero width": lambda word: ".\u200b".join(word.translate(_LOOKALIKES)),
    "full-width, zalgo": lambda word: "\u0336".join(_moved(ord("ａ"))(word)),
    "Greek capitals, leet": lambda word: word.translate(_LEET).upper().translate(_GREEK_CAPITALS),
    "Cyrillic, spaced, leet": lambda word: " ".join(word.translate(_LEET).translate(_LOOKALIKES)),
}
