"""Every member of an enum that users choose from or read has its sentence, and no sentence is left over."""

from collections.abc import Iterable, Mapping

import pytest

from bot.delivery.card import Action
from bot.dimilinks import RequestKind
from bot.images.problems import ImageProblem
from bot.jobs.cards import Stage
from bot.jobs.job import JobState
from bot.moderation.audit.entries import ActionGroup, AuditAction
from bot.moderation.audit.export import ExportFormat
from bot.moderation.members.member import ListStatus
from bot.moderation.policy import Verdict
from bot.moderation.reporting import ReportReason
from bot.moderation.words.matching import Effect
from bot.reviews.review import DenyReason, ReviewSubject
from bot.services.action_results import ActionResult
from bot.texts import (
    cards,
    forms,
    jobs,
    log_entries,
    moderation,
    operator,
    pictures,
    refusals,
    spicy,
    word_lists,
)
from bot.texts.buttons import LABELS
from bot.texts.messages import Message
from cogs.moderation.review_card import HEADLINES, ReviewAction
from cogs.moderation.spicy_words import WordAction
from cogs.shared.action_texts import ANSWERS

NAMED: dict[str, tuple[Iterable[str], Mapping[str, object] | Mapping[Action, Message]]] = {
    "buttons of jobs": (Action, LABELS),
    "answers about jobs": (ActionResult, ANSWERS),
    "states of jobs in the list": (JobState, jobs.STATES),
    "headlines of running jobs": (Stage, cards.HEADLINES),
    "problems of pictures": (ImageProblem, pictures.PROBLEMS),
    "refusals": (set(Verdict) - {Verdict.ALLOWED, Verdict.PERSON_SUSPENDED}, refusals.REFUSALS),
    "buttons of questions": (ReviewAction, moderation.REVIEW_LABELS),
    "headlines of questions": (ReviewSubject, HEADLINES),
    "reasons of denials": (DenyReason, refusals.DENY_REASONS),
    "reasons of reports": (ReportReason, forms.REPORT_REASONS),
    "logged actions": (AuditAction, log_entries.LOGGED_ACTIONS),
    "rules in the log": (set(Verdict) - {Verdict.ALLOWED}, log_entries.RULE_NAMES),
    "groups of logged actions": (ActionGroup, spicy.GROUP_NAMES),
    "formats of exports": (ExportFormat, spicy.EXPORT_NAMES),
    "lists of users": ([*ListStatus, "neither"], spicy.LIST_NAMES),
    "answers about lists": ([*ListStatus, "neither"], spicy.LISTED),
    "actions on words": (WordAction, word_lists.WORD_ACTION_NAMES),
    "effects of words": (Effect, word_lists.EFFECT_NAMES),
    "kinds of requests": (RequestKind, operator.REQUEST_KINDS),
}


@pytest.mark.parametrize("kind", NAMED)
def test_every_member_has_its_sentence(kind: str) -> None:
    members, sentences = NAMED[kind]
    assert sorted(sentences) == sorted(members)
