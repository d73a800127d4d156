"""Sentences about lists of words, for moderators: `/spicy words`, `/spicy test`, and the terms that matched."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from bot.texts.messages import Message, named, sentence
from bot.texts.quoting import quote_within

TERMS_SHOWN: Final = 2
"""Terms that matched which a line of the log names; the entry has more of them."""
_LINE_TERM_CHARS: Final = 30
_EXCERPT_CHARS: Final = 80

DESCRIPTIONS: Final[Mapping[str, Message]] = {
    "words": sentence("The words that this server blocks in prompts, or has moderators look at"),
    "words action": sentence("See the list, or change it"),
    "words term": sentence("The word or phrase, in any spelling"),
    "words effect": sentence("What it does to a prompt; blocks it if you choose nothing"),
    "words fragment": sentence("Count it inside other words, too"),
    "words file": sentence("The file with terms to add, in the form of an export"),
    "words role": sentence("The role that the list does not apply to"),
    "words channel": sentence("The channel where the list does not apply"),
    "test": sentence("Try a prompt: which words match and what would happen. No video is made"),
    "test prompt": sentence("The prompt to try; it is not kept"),
    "test preset": sentence("With which preset; without one if you choose nothing"),
}
"""Descriptions of the commands about words and of their options. Discord allows 100 characters."""
WORD_ACTION_NAMES: Final[Mapping[str, Message]] = {
    "list": sentence("See the list"),
    "add": sentence("Add a term"),
    "remove": sentence("Remove a term"),
    "export": sentence("Get the list as a file"),
    "import": sentence("Add the terms of a file"),
    "exempt": sentence("Exempt a role or a channel"),
    "concern": sentence("Remove an exemption"),
}
"""Names by the values of `cogs.moderation.spicy_words.WordAction`."""
EFFECT_NAMES: Final[Mapping[str, Message]] = {
    "blocked": sentence("Blocks the prompt"),
    "held": sentence("Asks moderators first"),
    "alerts": sentence("Only tells moderators, in the log"),
}
"""Names by the values of `bot.moderation.words.matching.Effect`."""
NAMES: Final[tuple[Message, ...]] = (
    named("command", "words"),
    named("command", "test"),
    named("option", "term"),
    named("option", "effect"),
    named("option", "fragment"),
    named("option", "file"),
    named("option", "role"),
    named("option", "channel"),
)

WORDS_TITLE: Final = sentence("Words of this server")
WORDS_EMPTY: Final = sentence("The list is empty. The bot operator's list applies everywhere as well.")
TERM_MISSING: Final = sentence("Write the term in the option `term`.")
TERM_TOO_SHORT: Final = sentence(
    "This term is too short: it needs two letters or digits, or one Chinese or Japanese "
    "character. Symbols and emoji alone cannot be found."
)
TERM_NOT_THERE: Final = sentence("This term is not on the list, so nothing changed.")
FILE_MISSING: Final = sentence("Attach the file in the option `file`.")
FILE_UNREADABLE: Final = sentence(
    "This file is not a list of terms. It must be UTF-8 text in the form of an export: on each "
    "line a term, a comma, and `blocked`, `held` or `alerts`."
)
FILE_NOT_FETCHED: Final = sentence("I could not get this file just now. Try again in a minute.")
EXEMPTION_MISSING: Final = sentence("Choose a role or a channel in its option.")
EXPORTED: Final = sentence(
    "The list is in the attached file. You can change it and import it, here or in another server."
)
TEST_TITLE: Final = sentence("What the words of this prompt do")
TEST_VERDICTS: Final[Mapping[str, Message]] = {
    "none": sentence("Its words are allowed."),
    "held": sentence("Moderators are asked first. Without moderators it is refused."),
    "blocked": sentence("It is refused because of a word on the list."),
    "shipped": sentence("It is refused by a built-in rule about words, which no setting can change."),
}
"""Results by the values of `bot.moderation.words.findings.WordVerdict`."""
_ANYWHERE: Final = sentence("also inside words")
_SHIPPED: Final = sentence("a built-in rule")


def spoiler(term: str, limit_chars: int = 100) -> str:
    """Return a term behind a spoiler."""
    return f"||{quote_within(term, limit_chars)}||"


def term_line(term: str, effect: str, *, fragment: bool) -> Message:
    """One line of the list of words."""
    line = sentence("{term} · {effect}", term=spoiler(term), effect=EFFECT_NAMES[effect])
    return sentence("{line} · {anywhere}", line=line, anywhere=_ANYWHERE) if fragment else line


def term_added(term: str, *, new: bool) -> Message:
    """A term was added, or its effect was changed."""
    if new:
        return sentence("{term} is on the list now.", term=spoiler(term))
    return sentence("{term} was already on the list; I changed what it does.", term=spoiler(term))


def term_removed(term: str) -> Message:
    """A term was removed."""
    return sentence("{term} is no longer on the list.", term=spoiler(term))


def term_too_long(limit: int) -> Message:
    """The term is too long."""
    return sentence("This term is too long: at most {limit} characters.", limit=limit)


def list_full(limit: int) -> Message:
    """The list has no room for another term."""
    return sentence("The list is full: {limit} terms at most. Remove one first.", limit=limit)


def too_many_imported(new: int, room: int, limit: int) -> Message:
    """The list has no room for all terms of a file."""
    return sentence(
        "Nothing was imported. A list has {limit} terms at most; the file has {new} new ones, "
        "and there is only room for {room}.",
        limit=limit,
        new=new,
        room=room,
    )


def imported(added: int, changed: int, bad_lines: Sequence[int]) -> Message:
    """Answer to the moderator who imported a file. `bad_lines` counts from 1."""
    told = sentence("New terms: {added} · with a new effect: {changed}", added=added, changed=changed)
    if not bad_lines:
        return told
    listed = ", ".join(map(str, bad_lines[:10])) + (", …" if len(bad_lines) > 10 else "")  # noqa: PLR2004
    left = sentence("These lines are not terms and were left out: {lines}", lines=listed)
    return sentence("{told}\n{left}", told=told, left=left)


def exempted(mention: str, *, exempt: bool) -> Message:
    """A role or a channel was exempted, or is no more."""
    if exempt:
        return sentence("This server's list no longer applies to {what}.", what=mention)
    return sentence("This server's list applies to {what} again.", what=mention)


def exemptions(mentions: str) -> Message:
    """Roles and channels that the list does not concern."""
    return sentence("Exempt: {what}", what=mentions)


def found_line(term: str, effect: str, start: int, excerpt: str, *, shipped: bool) -> Message:
    """A term that matched, what it does, and where it stands. Places are counted from 1."""
    does = _SHIPPED if shipped else EFFECT_NAMES[effect]
    shown = quote_within(excerpt, _EXCERPT_CHARS)
    return sentence(
        "{term} · {does} · character {number}: {excerpt}",
        term=spoiler(term),
        does=does,
        number=start + 1,
        excerpt=f"||{shown}||",
    )


def matched_line(terms: Sequence[tuple[str, int]]) -> Message:
    """Terms that matched in a prompt which moderators see beside it, with their places."""
    return sentence("Words that matched, and at which character: {terms}", terms=_placed(terms))


def listed_terms(details: Mapping[str, object]) -> str:
    """Return the terms that an entry of the log names, with the characters at which they matched."""
    terms = cast("Sequence[str]", details.get("terms", ()))[:TERMS_SHOWN]
    # Entries of earlier versions name no places.
    places = cast("Sequence[Sequence[int]]", details.get("places", ()))
    told = [f" ({place[0] + 1})" for place in places] + [""] * len(terms)
    shown = zip(terms, told, strict=False)
    return " · ".join(f"{spoiler(term, _LINE_TERM_CHARS)}{where}" for term, where in shown)


def _placed(terms: Sequence[tuple[str, int]]) -> str:
    """Write the first terms with the numbers of their first characters, counted from 1."""
    shown = [f"{spoiler(term, _LINE_TERM_CHARS)} ({start + 1})" for term, start in terms[:TERMS_SHOWN]]
    return " · ".join([*shown, "…"] if len(terms) > len(shown) else shown)
