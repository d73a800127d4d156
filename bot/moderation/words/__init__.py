"""Word filters for prompts: lists of servers and of the operator, and the built-in protection of minors.

The gatekeeper asks them before a request is accepted, bought and posted.
"""

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
