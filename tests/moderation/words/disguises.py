"""Ways in which people hide words from lists, made by code for any term. Some leave other scripts alone."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from opencc import OpenCC

Disguise = Callable[[str], str]

_LOOKALIKES: Final = str.maketrans("aceiopsxyhjd", "асеіорѕхуһјԁ")  # Cyrillic
_GREEK: Final = str.maketrans("aopiuv", "αοριυν")
_GREEK_CAPITALS: Final = str.maketrans("ABEHIKMNOPTXYZ", "ΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
_CHEROKEE: Final = str.maketrans("abcdeghijklmprstvwz", "ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ")
_SUPERSCRIPT: Final = str.maketrans("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
_SUBSCRIPT: Final = str.maketrans("aehijklmnoprstuvx", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_CURRENCY: Final = str.maketrans("cefglnpstwy", "₵€₣₲₤₦₱$₮₩¥")
_TURNED: Final = str.maketrans("aehimrtvwy", "ɐǝɥᴉɯɹʇʌʍʎ")
_LEET: Final = str.maketrans("oieast", "013457")
_SIGNS: Final = str.maketrans("asil", "@$!|")
_SMALL_CAPITALS: Final = str.maketrans("abcdefghiklmnoprtuz", "ᴀʙᴄᴅᴇꜰɢʜɪᴋʟᴍɴᴏᴘʀᴛᴜᴢ")
_KATAKANA_OF: Final = {code: chr(code + 0x60) for code in range(0x3041, 0x3097)}
_HIRAGANA_OF: Final = {code: chr(code - 0x60) for code in range(0x30A1, 0x30F7)}


def _moved(first: int) -> Disguise:
    """Letters of another alphabet, which begins there."""
    return lambda word: "".join(
        chr(first + ord(letter) - ord("a")) if "a" <= letter <= "z" else letter for letter in word
    )


@cache
def _converter(config: str) -> OpenCC:
    return OpenCC(config)


def _converted(config: str) -> Disguise:
    return lambda word: _converter(config).convert(word)


def _half_width(word: str) -> str:
    """Katakana in half width, from their names."""
    return word.translate(_KATAKANA_OF).translate(
        str.maketrans(
            "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンーッャュョ",
            "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝｰｯｬｭｮ",
        )
    )


def _between(separator: str) -> Disguise:
    """The same separator between all letters; words stay apart by more of it."""
    return lambda word: separator.join(letter for letter in word if letter != " ")


def _each(times: int) -> Disguise:
    return lambda word: "".join(letter if letter == " " else letter * times for letter in word)


def _alternating(word: str) -> str:
    return "".join(letter.upper() if place % 2 else letter for place, letter in enumerate(word))


def _camel(word: str) -> str:
    return word.title().replace(" ", "")


DISGUISES: Final[Mapping[str, Disguise]] = {
    "plain": str,
    "capitals": str.upper,
    "title": str.title,
    "alternating case": _alternating,
    "full-width": _moved(ord("ａ")),
    "mathematical bold": _moved(0x1D41A),
    "mathematical script": _moved(0x1D4EA),
    "mathematical fraktur": _moved(0x1D586),
    "double-struck": _moved(0x1D552),
    "monospace": _moved(0x1D68A),
    "circled": _moved(ord("ⓐ")),
    "parenthesized": _moved(0x249C),
    "negative circles": _moved(0x1F150),
    "negative squares": _moved(0x1F170),
    "squares": _moved(0x1F130),
    "regional indicators": _moved(0x1F1E6),
    "small capitals": lambda word: word.translate(_SMALL_CAPITALS),
    "superscript": lambda word: word.translate(_SUPERSCRIPT),
    "subscript": lambda word: word.translate(_SUBSCRIPT),
    "Cyrillic": lambda word: word.translate(_LOOKALIKES),
    "Cyrillic capitals": lambda word: word.translate(_LOOKALIKES).upper(),
    "Greek": lambda word: word.translate(_GREEK),
    "Greek capitals": lambda word: word.upper().translate(_GREEK_CAPITALS),
    "Greek capitals, small": lambda word: word.upper().translate(_GREEK_CAPITALS).lower(),
    "Cherokee": lambda word: word.translate(_CHEROKEE),
    "currency signs": lambda word: word[:-1].translate(_CURRENCY) + word[-1:],
    "turned letters": lambda word: word.translate(_TURNED),
    "zero width": "\u200b".join,
    "joiners": "\u200d\u2060\ufe0f".join,
    "soft hyphens": "\u00ad".join,
    "tags": "\U000e0041".join,
    "zalgo": "\u0336\u0301\u0488\u0316\u0345".join,
    "marks of Hindi": "\u0941".join,
    "accents": lambda word: word.translate(str.maketrans("aeiou", "áëîõū")),
    "strokes": lambda word: word.translate(str.maketrans("odl", "øđł")),
    "decimal entities": lambda word: "".join(f"&#{ord(letter)};" for letter in word),
    "hexadecimal entities": lambda word: "".join(f"&#x{ord(letter):x};" for letter in word),
    "one entity": lambda word: f"&#{ord(word[0])};{word[1:]}",
    "entities of entities": lambda word: "".join(f"&amp;#{ord(letter)};" for letter in word),
    "right to left": lambda word: f"\u202e{word[::-1]}\u202c",
    "leet": lambda word: word.translate(_LEET),
    "leet with signs": lambda word: word[:-1].translate(_SIGNS) + word[-1],  # at the end ! only exclaims
    "leet, 1 for l": lambda word: word.replace("l", "1"),
    "spaced": _between(" "),
    "dots": _between("."),
    "hyphens": _between("-"),
    "underscores": _between("_"),
    "stars": _between("*"),
    "pictures": _between("🍑"),
    "wide": _between(" . "),
    "run together": lambda word: word.replace(" ", ""),
    "camel case": _camel,
    "hashtag": lambda word: f"#{word.replace(' ', '')}",
    "hyphenated": lambda word: word.replace(" ", "-"),
    "repeated": _each(4),
    "doubled": lambda word: _each(2)(word) if len(word.replace(" ", "")) > 2 else word,
    "one tripled": lambda word: word[:1] * 3 + word[1:],
    "traditional": _converted("s2t"),
    "simplified": _converted("t2s"),
    "katakana": lambda word: word.translate(_KATAKANA_OF),
    "hiragana": lambda word: word.translate(_HIRAGANA_OF),
    "half-width katakana": _half_width,
    "leet, spaced": lambda word: _between(" ")(word.translate(_LEET)),
    "leet, repeated": lambda word: "".join(sign * 3 for sign in word.translate(_LEET)),
    "Cyrillic, dots, zero width": lambda word: ".\u200b".join(word.translate(_LOOKALIKES).replace(" ", "")),
    "full-width, zalgo": lambda word: "\u0336".join(_moved(ord("ａ"))(word)),
    "Greek capitals, leet": lambda word: word.translate(_LEET).upper().translate(_GREEK_CAPITALS),
    "Cyrillic, spaced, leet": lambda word: _between(" ")(word.translate(_LEET).translate(_LOOKALIKES)),
}


def disguised(term: str) -> Iterator[tuple[str, str]]:
    """Yield the names of the disguises that change a term, and what they make of it."""
    for name, disguise in DISGUISES.items():
        hidden = disguise(term)
        if hidden != term or name == "plain":
            yield name, hidden
