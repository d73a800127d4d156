"""Spicy that moderators have stopped: nothing goes on, and afterwards they decide anew about what was before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.moderation.picture_origin import PictureOrigin, is_spicy
from bot.moderation.places import Place
from bot.moderation.policy import Decision, RequestFacts, Verdict, judge
from bot.moderation.rules import ReviewAt, ReviewStage
from bot.video import Preset
from tests.moderation.policy_tables import NOW, PLACES, STOPPED, spicy_facts

SECOND = timedelta(seconds=1)
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "new": {},
    "later": {"asked_at": NOW + SECOND, "bought_at": NOW + 2 * SECOND},
    "asked": {"asked_at": NOW, "bought_at": NOW + SECOND},
    "bought": {"asked_at": NOW - SECOND, "bought_at": NOW},
}
SUBMISSION, POSTING = ReviewStage.SUBMISSION, ReviewStage.POSTING
DECISIONS = {
    "refused": Decision(Verdict.SPICY_STOPPED),
    "goes": Decision(Verdict.ALLOWED),
    "both": Decision(Verdict.ALLOWED, frozenset(ReviewStage)),
    "submission": Decision(Verdict.ALLOWED, frozenset({SUBMISSION})),
    "posting": Decision(Verdict.ALLOWED, frozenset({POSTING})),
}


def facts_of(
    request: str, approved: str, when: str, *, place: str = "adult", approved_at: datetime = NOW + 3 * SECOND
) -> RequestFacts:
    facts = spicy_facts(place, "listed", "none", "open", ReviewAt.SUBMISSION)
    stop = {"spicy_stopped": when == "stopped", "spicy_stopped_at": NOW}
    agreed = {} if approved == "none" else {ReviewStage(approved): approved_at}
    rules = facts.rules.model_copy(update=stop)
    return replace(facts, rules=rules, approved=agreed, **REQUESTS[request])


@pytest.mark.parametrize("pictures", [PictureOrigin.NONE, PictureOrigin.OWN_SPICY_VIDEO])
@pytest.mark.parametrize("preset", Preset)
def test_a_stop(preset: Preset, pictures: PictureOrigin) -> None:
    if not is_spicy(preset, pictures):
        return
    for (request, approved, when), expected in STOPPED.items():
        found = judge(replace(facts_of(request, approved, when), preset=preset, pictures=pictures))
        assert found == DECISIONS[expected], (request, approved, when)
        # By whatever was approved before, a stopped server's video is not posted.
        assert when != "stopped" or found.waits_at_posting or not found.allowed


def test_after_a_stop_no_approval_counts_that_was_given_before_it() -> None:
    for request, approved, when in STOPPED:
        found = judge(facts_of(request, approved, when, approved_at=NOW))
        assert found == judge(facts_of(request, "none", when)), (request, approved, when)
        assert not found.approved


@pytest.mark.parametrize("preset", [preset for preset in Preset if preset is not Preset.SPICY])
def test_other_presets_go_on(preset: Preset) -> None:
    for request, approved, when in STOPPED:
        facts = replace(facts_of(request, approved, when), preset=preset)
        assert judge(facts) == Decision(Verdict.ALLOWED)


@pytest.mark.parametrize("place", PLACES)
def test_a_video_of_a_stopped_server_is_posted_nowhere_else(place: str) -> None:
    facts = replace(facts_of("bought", "posting", "resumed", place=place), stopped_at_home=True)
    operator = replace(facts.operator, spicy_in_direct_messages=True)
    assert judge(replace(facts, operator=operator)).verdict is Verdict.SPICY_STOPPED


def test_a_stop_allows_nothing_that_was_not_allowed() -> None:
    facts = facts_of("asked", "submission", "stopped")
    assert judge(replace(facts, place=Place.OPEN_CHANNEL)).verdict is Verdict.NEEDS_AGE_RESTRICTED_CHANNEL
