"""Reads the options that users write behind a prompt, in three languages and in the forms of other bots.

`a cat waves 10s vertical`, `a cat waves --seconds 10 -ar 9:16`, `让猫挥手，10秒竖屏`: what is an option is taken
out of the prompt, and what might as well belong to it stays there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bot.video import Preset, Resolution, Size


class Option(StrEnum):
    """An option that can be written behind a prompt."""

    SECONDS = "seconds"
    SIZE = "size"
    RESOLUTION = "resolution"
    PRESET = "preset"


@dataclass(frozen=True)
class ParsedPrompt:
    """A prompt without its options, whose values are not checked here; `unknown` are options that do not exist."""

    prompt: str
    options: Mapping[Option, str] = field(default_factory=dict[Option, str])
    unknown: tuple[str, ...] = ()


_SHAPES: Final[Mapping[str, Size]] = {
    **dict.fromkeys(("16:9", "horizontal", "landscape", "wide", "widescreen"), Size.LANDSCAPE),
    **dict.fromkeys(
        ("横屏", "横版", "横向", "横", "横長", "横向き", "橫屏", "橫式", "橫向", "橫"), Size.LANDSCAPE
    ),
    **dict.fromkeys(("9:16", "vertical", "portrait", "tall"), Size.PORTRAIT),
    **dict.fromkeys(
        ("竖屏", "竖版", "竖向", "縦", "縦長", "縦向き", "豎屏", "直式", "直向", "豎"), Size.PORTRAIT
    ),
    **dict.fromkeys(("1:1", "square", "方形", "正方形", "スクエア"), Size.SQUARE),
}
_PRESETS: Final[Mapping[str, Preset]] = {
    **dict.fromkeys(("normal", "普通", "ノーマル"), Preset.NORMAL),
    **dict.fromkeys(("fun", "趣味", "コミカル", "楽しい"), Preset.FUN),
    **dict.fromkeys(("spicy", "火辣", "スパイシー"), Preset.SPICY),
    **dict.fromkeys(("custom", "自定义", "自訂", "カスタム"), Preset.CUSTOM),
}
_FLAGS: Final[Mapping[str, Option]] = {
    **dict.fromkeys(("seconds", "second", "sec", "s", "duration", "d", "length"), Option.SECONDS),
    **dict.fromkeys(("size", "ar", "aspect", "ratio", "aspect-ratio", "shape"), Option.SIZE),
    **dict.fromkeys(("resolution", "res", "r", "quality", "q"), Option.RESOLUTION),
    **dict.fromkeys(("preset", "p", "style", "mode"), Option.PRESET),
    **dict.fromkeys(("时长", "時長", "秒数", "秒數", "秒", "長さ"), Option.SECONDS),
    **dict.fromkeys(
        ("尺寸", "比例", "画幅", "画面比例", "畫面比例", "サイズ", "比率", "縦横比"), Option.SIZE
    ),
    **dict.fromkeys(("清晰度", "分辨率", "解析度", "画質", "解像度"), Option.RESOLUTION),
    **dict.fromkeys(("风格", "風格", "预设", "プリセット", "スタイル"), Option.PRESET),
}

_CLEAR: Final = frozenset(
    {
        *("16:9", "9:16", "1:1", "vertical", "horizontal"),
        *("竖屏", "横屏", "豎屏", "橫屏", "直式", "橫式", "縦長", "横長"),
    }
)
"""Shapes that nothing but a frame has; the other words may as well end a prompt."""
_STOPS: Final = " \t\r\n,.;|/，。、；！？!?…·"
_SPOKEN_NUMBER: Final = re.compile(
    r"(?P<seconds>\d{1,3})\s*(?:s|secs?|seconds?|秒钟|秒鐘|秒間|秒)", re.IGNORECASE
)
_SPOKEN_LINES: Final = re.compile(r"(?P<lines>\d{3,4})\s?p", re.IGNORECASE)
_SPOKEN_PIXELS: Final = re.compile(r"(?P<width>\d{3,4})\s?[x×*]\s?(?P<height>\d{3,4})", re.IGNORECASE)
_RATIO: Final = re.compile(r"(?P<across>\d{1,2})\s?[:：]\s?(?P<up>\d{1,2})")
_FLAG: Final = re.compile(
    r"(?:(?<=\s)|^)(?P<dashes>--|—|–|-)(?P<name>[^\W\d_][\w-]*)(?:\s*[=：:]\s*|\s+)?(?P<value>(?![-—–])[^\s,，、;；]+)?"
)


def parse_prompt_options(text: str) -> ParsedPrompt:
    """Take the options out of a user's text. Of an option that is written twice, the last counts."""
    flagged = _take_flags(text)
    worded = _take_words(flagged.prompt)
    return replace(flagged, prompt=worded.prompt, options={**worded.options, **flagged.options})


def _take_flags(text: str) -> ParsedPrompt:
    options: dict[Option, str] = {}
    unknown: list[str] = []

    def taken(match: re.Match[str]) -> str:
        name, value = match["name"].casefold(), match["value"]
        option = _FLAGS.get(name)
        if option is None:
            if match["dashes"] != "--":
                return match[0]  # a dash in a sentence
            unknown.append(f"--{match['name']}")
            return ""
        if value is None or (match["dashes"] != "--" and not _fits(option, value)):
            return match[0]
        options[option] = _value(option, value)
        return ""

    rest = _FLAG.sub(taken, text)
    if options or unknown:
        rest = _BLANKS.sub(" ", rest)
    return ParsedPrompt(rest.strip(), options, tuple(unknown))


def _fits(option: Option, value: str) -> bool:
    """Return True for a value of this option. A single dash needs one, because sentences have dashes as well."""
    return any(found is option for found, _, _ in _meanings(value)) or (
        option is Option.SECONDS and value.isdigit()
    )


def _value(option: Option, value: str) -> str:
    """Return the API's word for a value behind a flag, or the value as it was written where there is none."""
    for found, meant, _ in _meanings(value):
        if found is option:
            return meant
    if option is Option.RESOLUTION and value.isdigit():
        return f"{value}p"
    return value


def _meanings(word: str) -> list[tuple[Option, str, bool]]:
    """Return the meanings of a whole word: option, value, and True where it can hardly mean anything else."""
    known = word.casefold()
    if known in _SHAPES:
        return [(Option.SIZE, _SHAPES[known].value, known in _CLEAR)]
    if known in _PRESETS:
        return [(Option.PRESET, _PRESETS[known].value, False)]
    return _measures(word)


def _measures(word: str) -> list[tuple[Option, str, bool]]:
    """Return the meanings of a number with its unit."""
    if match := _SPOKEN_NUMBER.fullmatch(word):
        return [(Option.SECONDS, str(int(match["seconds"])), True)]
    if (match := _SPOKEN_LINES.fullmatch(word)) and f"{match['lines']}p" in set(Resolution):
        return [(Option.RESOLUTION, f"{match['lines']}p", True)]
    if match := _SPOKEN_PIXELS.fullmatch(word):
        return [(Option.SIZE, f"{match['width']}x{match['height']}", True)]
    ratio = _RATIO.fullmatch(word)
    shape = _SHAPES.get(f"{int(ratio['across'])}:{int(ratio['up'])}") if ratio else None
    return [(Option.SIZE, shape.value, True)] if shape is not None else []


_WORDS: Final = sorted((*_SHAPES, *_PRESETS), key=len, reverse=True)
_LAST: Final = re.compile(
    "(?:"
    + "|".join(
        (
            _SPOKEN_PIXELS.pattern,
            _SPOKEN_NUMBER.pattern,
            _SPOKEN_LINES.pattern,
            _RATIO.pattern,
            *(re.escape(word) for word in _WORDS),
        )
    )
    + r")$",
    re.IGNORECASE,
)


_BLANKS: Final = re.compile(r"[ \t]{2,}")
_LEFT_OVER: Final = re.compile(r"(?:^|(?<!\s)\s+)(?:for|in|at|as|with)$", re.IGNORECASE)
"""The word that is left over of `rain for 10 seconds`."""


@dataclass(frozen=True)
class _Step:
    """One option at the end of a text: what is left before it, and whether it stood apart from that."""

    before: str
    option: Option
    value: str
    clear: bool
    apart: bool
    set_off: bool


def _take_words(text: str) -> ParsedPrompt:
    """Take the options from the very end of a text.

    A single word that may belong to the prompt, such as `fun`, is an option only behind a comma, a full stop
    or a line break; together with others it always is.
    """
    steps: list[_Step] = []
    rest = text.rstrip(_STOPS)
    while (step := _last_option(rest)) is not None:
        steps.append(step)
        rest = step.before.rstrip(_STOPS)
    while steps and not steps[-1].apart:
        steps.pop()
    if len(steps) == 1 and not (steps[0].clear or steps[0].set_off):
        steps.pop()
    if not steps:
        return ParsedPrompt(text.strip())
    options: dict[Option, str] = {}
    for step in steps:  # from the end, so what is found first was said last
        options.setdefault(step.option, step.value)
    prompt = steps[-1].before.rstrip(_STOPS).strip()
    return ParsedPrompt(_LEFT_OVER.sub("", prompt), options)


def _last_option(text: str) -> _Step | None:
    match = _LAST.search(text[-40:])
    if match is None:
        return None
    word = match[0]
    before = text[: len(text) - len(word)]
    if word[0].isascii() and before and before[-1].isascii() and before[-1] not in _STOPS:
        return None  # the end of a longer word or number
    meanings = _meanings(word)
    if not meanings:
        return None
    option, value, clear = meanings[0]
    gap = before[len(before.rstrip(_STOPS)) :]
    apart = not before or bool(gap)
    set_off = bool(before.strip(_STOPS)) and any(mark in gap for mark in ",.;|\n，。、；！？!?…·")
    return _Step(before, option, value, clear, apart, set_off)
