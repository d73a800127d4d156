"""Words in a film: the prompt below, and a notice above, in letters that some font of this machine has."""

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from bot.sandbox.video_factory.painting import Size

_CHARS = 110
_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKjp-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSans-Regular.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "ipaexg.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Medium.ttc",
    "msyh.ttc",
    "YuGothM.ttc",
    "meiryo.ttc",
    "malgun.ttf",
    "Arial Unicode.ttf",
    "DejaVuSans.ttf",
)
"""Fonts with many letters, as Linux, macOS and Windows name them; Pillow looks in their folders."""
_ABSENT = "\U0010ffff"
_READABLE = 0.85
"""Share of its letters that must be drawable for words to be worth showing."""
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def caption(prompt: str, size: Size) -> Image.Image | None:
    """Return the prompt on a shaded strip, for the bottom of a frame; None if its letters cannot be drawn."""
    words = " ".join(prompt.split())
    if len(words) > _CHARS:
        words = f"{words[:_CHARS].rstrip()}…"
    letter_px = max(13, min(size) // 25)
    font, words = _drawable(words, letter_px)
    if not words:
        return None
    margin = min(size) // 26
    lines = _broken(words, font, size[0] - 2 * margin)
    step = round(letter_px * 1.32)
    height = margin + step * len(lines) + margin * 2
    shade = (
        Image.linear_gradient("L")
        .resize((size[0], height))
        .point([round(190 * (v / 255) ** 1.3) for v in range(256)])
    )
    strip = Image.new("RGBA", (size[0], height))
    strip.putalpha(shade)
    draw = ImageDraw.Draw(strip)
    for number, line in enumerate(lines):
        top = height - margin - step * (len(lines) - number)
        draw.text((margin, top), line, font=font, fill=(255, 255, 255, 240))
    return strip


def notice(words: str, size: Size) -> Image.Image:
    """Return a small plate with these words, to lie in the upper left corner of a frame."""
    letter_px = max(11, min(size) // 38)
    font, words = _drawable(words, letter_px)
    pad = letter_px // 2
    lines = _broken(words, font, size[0] - 6 * pad)
    step = round(letter_px * 1.3)
    width = round(max(font.getlength(line) for line in lines)) + 2 * pad
    plate = Image.new("RGBA", (width, step * len(lines) + pad), (0, 0, 0, 120))
    for number, line in enumerate(lines):
        ImageDraw.Draw(plate).text((pad, pad / 2 + number * step), line, font=font, fill=(255, 255, 255, 225))
    return plate


def _broken(words: str, font: _Font, width: float) -> list[str]:
    """Break words into at most two lines that fit; the rest is left out."""
    lines = [""]
    parts = words.split(" ") if " " in words else list(words)
    gap = " " if " " in words else ""
    for part in parts:
        longer = f"{lines[-1]}{gap}{part}" if lines[-1] else part
        if font.getlength(longer) <= width:
            lines[-1] = longer
        elif len(lines) == 1:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1].rstrip()}…"
            break
    for number, line in enumerate(lines):
        while font.getlength(line) > width and len(line) > 1:
            line = f"{line[:-2]}…"  # noqa: PLW2901 - shortened until it fits
        lines[number] = line
    return lines


def _drawable(words: str, letter_px: int) -> tuple[_Font, str]:
    """Return the first font that has all letters, else the one with the most, and what it can draw of the words."""
    best: tuple[_Font, str] = (ImageFont.load_default(size=letter_px), "")
    letters = sum(not one.isspace() for one in words)
    for font in _fonts(letter_px):
        shown = "".join(one for one in words if one.isspace() or _has(font, one))
        if shown == words:
            return font, words
        if len(shown) > len(best[1]):
            best = font, " ".join(shown.split())
    kept = sum(not one.isspace() for one in best[1])
    return best if letters and kept >= _READABLE * letters else (best[0], "")


@lru_cache(maxsize=4)
def _fonts(letter_px: int) -> tuple[_Font, ...]:
    found: list[_Font] = [ImageFont.load_default(size=letter_px)]
    for name in _FONTS:
        try:
            found.append(ImageFont.truetype(name, letter_px))
        except OSError:
            continue
    return tuple(found)


def _has(font: _Font, letter: str) -> bool:
    """True if the font draws something else than its sign for letters that it lacks."""
    if not letter.isprintable():
        return False
    return _drawn(font, letter) not in (_drawn(font, _ABSENT), b"")


def _drawn(font: _Font, letter: str) -> bytes:
    """Return the letter as it is drawn, without the room around it; nothing if nothing is seen of it."""
    side = round(2 * font.getbbox("M")[3]) + 4
    drawn = Image.new("L", (side, side))
    ImageDraw.Draw(drawn).text((1, 1), letter, font=font, fill=255)
    box = drawn.getbbox()
    return drawn.crop(box).tobytes() if box else b""
