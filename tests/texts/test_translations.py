"""Every sentence exists in every language, with the same gaps, and fits where Discord puts it."""

import re
from string import Formatter

import pytest
from babel.messages.catalog import Message as CatalogMessage
from babel.messages.pofile import read_po

from bot.texts import commands, forms
from bot.texts.buttons import LABELS
from bot.texts.catalogue import LOCALES, catalogue_path
from bot.texts.messages import Language, Message, counted, named, sentence
from tests.texts.catalogues import extracted

TRANSLATED = [language for language in Language if language is not Language.ENGLISH]


def forms_of(message: CatalogMessage) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def translations_of(message: CatalogMessage) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def gaps(form: str) -> set[str]:
    """The named gaps, with how they are written, such as `length:,`."""
    return {f"{name}:{spec}" for _, name, spec, _ in Formatter().parse(form) if name is not None}


@pytest.fixture(params=LOCALES)
def catalogue(request: pytest.FixtureRequest) -> dict[tuple[str, str | None], CatalogMessage]:
    locale = str(request.param)
    with catalogue_path(locale).open("rb") as file:
        read = read_po(file, locale=LOCALES[locale])
    return {(forms_of(message)[0], message.context): message for message in read if message.id}


SOURCES = {(forms_of(message)[0], message.context): message for message in extracted() if message.id}


def test_there_are_sentences() -> None:
    assert len(SOURCES) > 200


def test_every_sentence_is_translated(catalogue: dict[tuple[str, str | None], CatalogMessage]) -> None:
    missing = [
        key
        for key in SOURCES
        if key not in catalogue or not all(translations_of(catalogue[key])) or catalogue[key].fuzzy
    ]
    assert missing == []


def test_nothing_is_translated_that_is_not_said(
    catalogue: dict[tuple[str, str | None], CatalogMessage],
) -> None:
    assert set(catalogue) - set(SOURCES) == set()


def test_translations_have_the_same_gaps(catalogue: dict[tuple[str, str | None], CatalogMessage]) -> None:
    different = [
        (key, form)
        for key, message in catalogue.items()
        for form in translations_of(message)
        if gaps(form) != gaps(forms_of(SOURCES[key])[-1])
    ]
    assert different == []


def test_code_is_the_same_and_commands_are_called_as_discord_shows_them(
    catalogue: dict[tuple[str, str | None], CatalogMessage],
) -> None:
    code = re.compile(r"`([^`]+)`")
    names = {key: translations_of(message)[0] for key, message in catalogue.items() if key[1] is not None}

    def translated(typed: str) -> str:
        if typed.startswith("/"):
            words = typed.removeprefix("/").split(" ")
            typed = "/" + " ".join(names.get((word, "command"), word) for word in words)
            return re.sub(r"\w+(?=:)", lambda name: names[name[0], "option"], typed)
        return names.get((typed, "option"), typed)

    different = [
        (key, translations_of(message)[0])
        for key, message in catalogue.items()
        if sorted(code.findall(translations_of(message)[0])) != sorted(map(translated, code.findall(key[0])))
    ]
    assert different == []


@pytest.mark.parametrize("language", Language)
def test_commands_fit_discord(language: Language) -> None:
    name = re.compile(r"[-_'\w]{1,32}")
    for word in commands.NAMES:
        told = word.in_language(language)
        if word.context == "menu":
            assert 1 <= len(told) <= 32
        else:
            assert name.fullmatch(told), told
            assert told == told.lower()
    for shown in commands.BY_ENGLISH.values():
        assert 1 <= len(shown.in_language(language)) <= 100
    options = [word.in_language(language) for word in commands.NAMES if word.context == "option"]
    assert len(set(options)) == len(options)


@pytest.mark.parametrize("language", Language)
def test_forms_and_buttons_fit_discord(language: Language) -> None:
    for title_or_label in (
        forms.TITLE_NEW,
        forms.TITLE_CHANGE,
        forms.TITLE_CONTINUE,
        forms.REPORT_TITLE,
        forms.PROMPT,
        forms.PICTURES,
        forms.MORE_PICTURES,
        forms.OTHER_PICTURES,
        forms.SECONDS,
        forms.FRAME,
        forms.PRESET,
        forms.REPORT_REASON,
        forms.REPORT_WORDS,
    ):
        assert 1 <= len(title_or_label.in_language(language)) <= 45
    for hint in (
        forms.PROMPT_HINT,
        forms.PROMPT_HINT_PLACEMENT,
        forms.FIRST_PICTURES,
        forms.NONE_IN_MESSAGE,
        forms.LOST_PICTURES,
        forms.AFTER_LAST_FRAME,
        forms.SECONDS_HINT,
        forms.FRAME_HINT,
        forms.REPORT_WORDS_HINT,
        forms.kept_pictures(6),
        forms.instead_of(7),
        *forms.REPORT_REASONS.values(),
    ):
        assert 1 <= len(hint.in_language(language)) <= 100
    for label in LABELS.values():
        assert 1 <= len(label.in_language(language)) <= 80


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en-US", Language.ENGLISH),
        ("de", Language.ENGLISH),
        (None, Language.ENGLISH),
        ("zh-CN", Language.CHINESE),
        ("zh-TW", Language.TRADITIONAL_CHINESE),
        ("ja", Language.JAPANESE),
    ],
)
def test_locales_lead_to_languages(locale: str | None, language: Language) -> None:
    assert Language.of(locale) is language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a cat", Language.ENGLISH),
        ("让猫挥手", Language.CHINESE),
        ("讓貓揮手", Language.TRADITIONAL_CHINESE),
        ("猫が手を振る", Language.JAPANESE),
        ("", Language.ENGLISH),
    ],
)
def test_texts_tell_their_language(text: str, language: Language) -> None:
    assert Language.of_text(text) is language


def test_a_sentence_fills_its_gaps_and_braces_of_people_stay() -> None:
    inner = sentence("{seconds} seconds", seconds="{evil}")
    assert sentence("about {time}", time=inner).english == "about {evil} seconds"
    assert Message("no gaps {}").english == "no gaps {}"


@pytest.mark.parametrize(("count", "told"), [(1, "1 picture"), (2, "2 pictures"), (0, "0 pictures")])
def test_english_counts(count: int, told: str) -> None:
    assert counted("{count} picture", "{count} pictures", count).english == told


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_has_no_translation_stays_english(language: Language) -> None:
    assert named("nowhere", "a word of this test").in_language(language) == "a word of this test"
