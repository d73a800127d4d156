"""Words in prompts: what servers and the operator block or have looked at, and what is always blocked."""

from bot.moderation.words.book import MOST_TERMS, OPERATOR, ListFullError, WordBook, WordVerdict
from bot.moderation.words.changing import WordChange, WordChanges
from bot.moderation.words.matching import LONGEST_TERM, Effect, Term, WordList
from bot.moderation.words.minors import concerns_minors
from bot.moderation.words.normalising import MOST_READINGS, Normalised, normalise
from bot.moderation.words.store import StoredTerm, TermStore

__all__ = [
    "LONGEST_TERM",
    "MOST_READINGS",
    "MOST_TERMS",
    "OPERATOR",
    "Effect",
    "ListFullError",
    "Normalised",
    "StoredTerm",
    "Term",
    "TermStore",
    "WordBook",
    "WordChange",
    "WordChanges",
    "WordList",
    "WordVerdict",
    "concerns_minors",
    "normalise",
]
