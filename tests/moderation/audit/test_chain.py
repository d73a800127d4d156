"""The chain by itself: what a digest covers, and what verification names."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.audit.chain import (
    FIRST_PREVIOUS,
    Break,
    Flaw,
    digest,
    presentable,
    sealed,
    unsealed,
)
from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.moderation.audit.rows import recorded_after
from tests.moderation.audit.logs import ENTRY, NOW, PROMPT, several, verify

LENGTH = 8


def chained(entries: Sequence[AuditEntry]) -> list[RecordedEntry]:
    log: list[RecordedEntry] = []
    for entry in entries:
        log.append(recorded_after(log[-1].sha256 if log else FIRST_PREVIOUS, entry, len(log) + 1))
    return log


LOG = chained(several(LENGTH))


def test_actions_fit_their_column() -> None:
    assert all(len(action) <= 32 for action in AuditAction)
    assert all(action.value == action.name.lower() for action in AuditAction)


def test_a_log_that_nobody_touched_is_unbroken() -> None:
    assert verify([]) is None
    assert verify(LOG) is None
    assert verify(iter(LOG)) is None
    assert LOG[0].previous_sha256 == "0" * 64


def test_the_digest_is_what_the_documentation_says() -> None:
    (entry,) = chained([ENTRY])
    text = json.dumps(
        {
            "number": 1,
            "previous_sha256": "0" * 64,
            "guild_id": ENTRY.guild_id,
            "at": 1772368215123456,
            "deed": "request_held",
            "actor_id": ENTRY.actor_id,
            "person_id": ENTRY.person_id,
            "job_id": ENTRY.job_id,
            "reason": ENTRY.reason,
            "details": ENTRY.details,
            "prompt_sha256": entry.prompt_sha256,
        },
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    assert entry.sha256 == hashlib.sha256(text.encode()).hexdigest()
    kept = f"{entry.prompt_salt}:{PROMPT}"
    assert entry.prompt_sha256 == hashlib.sha256(kept.encode()).hexdigest()


def test_the_same_moment_and_the_same_details_have_one_digest() -> None:
    elsewhere = replace(
        ENTRY,
        at=NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
        details=dict(reversed([*{**ENTRY.details, "list": (1, "two", (True,))}.items()])),
    )
    first, second = (digest(FIRST_PREVIOUS, one, 1, prompt_sha256=None) for one in (ENTRY, elsewhere))
    assert first == second


def test_a_prompt_cannot_be_tried_without_its_salt() -> None:
    first, second = chained([ENTRY, ENTRY])
    assert first.prompt_salt is not None
    assert len(first.prompt_salt) == 64
    assert first.prompt_salt != second.prompt_salt
    assert first.prompt_sha256 != second.prompt_sha256
    guesses = {hashlib.sha256(PROMPT.encode()).hexdigest(), hashlib.sha256(f":{PROMPT}".encode()).hexdigest()}
    guesses |= {
        hmac.new(known.encode(), PROMPT.encode(), "sha256").hexdigest()
        for known in (first.previous_sha256, first.sha256, str(first.number), "")
    }
    assert first.prompt_sha256 not in guesses
    assert PROMPT not in repr(first)
    assert first.prompt_salt not in repr(first)


@given(st.text(alphabet="0123456789abcdef"), st.text())
def test_a_sealed_prompt_opens_to_what_was_sealed(salt: str, prompt: str) -> None:
    assert unsealed(sealed(salt, prompt)) == (salt, prompt)


def test_what_nobody_sealed_has_no_salt() -> None:
    assert unsealed("words") == (None, "words")


CHANGES: dict[str, st.SearchStrategy[object]] = {
    "guild_id": st.integers(),
    "at": st.datetimes(timezones=st.just(UTC)),
    "action": st.sampled_from(AuditAction),
    "actor_id": st.none() | st.integers(),
    "person_id": st.none() | st.integers(),
    "job_id": st.none() | st.text(),
    "reason": st.text(),
    "details": st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()),
    "prompt": st.text(),
    "number": st.integers(),
    "prompt_salt": st.none() | st.text(),
    "prompt_sha256": st.none() | st.text(),
    "previous_sha256": st.text(),
    "sha256": st.text(),
    "sealed_by": st.none() | st.integers(),
}


def test_every_field_is_tampered_with() -> None:
    assert set(CHANGES) == {field.name for field in fields(RecordedEntry)}


@given(st.data(), st.sampled_from(sorted(CHANGES)), st.sampled_from(range(LENGTH)))
def test_whatever_is_changed_is_found_where_it_is(data: st.DataObject, name: str, position: int) -> None:
    entry = LOG[position]
    value = data.draw(CHANGES[name].filter(lambda drawn: drawn != getattr(entry, name)))
    broken = verify([*LOG[:position], replace(entry, **{name: value}), *LOG[position + 1 :]])
    if name == "prompt_salt" and entry.prompt is None:
        assert broken is None  # of no entry: there is nothing that it could be the salt of
        return
    assert broken is not None
    out_of_place = isinstance(value, int) and name == "number"
    assert broken.number == (min(position + 1, value) if out_of_place else position + 1)


@given(st.sets(st.sampled_from(range(LENGTH)), min_size=1))
def test_removed_prompts_break_nothing(positions: set[int]) -> None:
    log = [
        replace(entry, prompt=None, prompt_salt=None) if position in positions else entry
        for position, entry in enumerate(LOG)
    ]
    assert verify(log) is None


@pytest.mark.parametrize("position", range(LENGTH - 1))
def test_a_missing_entry_is_named(position: int) -> None:
    assert verify(LOG[:position] + LOG[position + 1 :]) == Break(position + 1, Flaw.NUMBER_SKIPPED)


def test_an_entry_put_in_is_named() -> None:
    forged = recorded_after(LOG[2].sha256, ENTRY, 4)
    assert verify([*LOG[:3], forged, *LOG[4:]]) == Break(5, Flaw.PREVIOUS_DIFFERS)
    assert verify([*LOG[:3], forged, *LOG[3:]]) == Break(4, Flaw.NUMBER_SKIPPED)


@given(st.permutations(range(LENGTH)))
def test_another_order_is_found(order: list[int]) -> None:
    broken = verify(LOG[position] for position in order)
    if order == list(range(LENGTH)):
        assert broken is None
        return
    first = next(place for place, position in enumerate(order) if place != position)
    assert broken == Break(first + 1, Flaw.NUMBER_SKIPPED)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        presentable(replace(ENTRY, at=datetime(2026, 3, 1)))  # noqa: DTZ001 - the point of it


def test_details_that_json_cannot_say_are_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        presentable(replace(ENTRY, details={"deeds": {1, 2}}))  # type: ignore[dict-item]


def test_halves_of_characters_do_not_lose_the_entry() -> None:
    half = "a\ud83db"
    kept = presentable(replace(ENTRY, reason=half, job_id=half, prompt=half, details={half: [half]}))
    whole = "a\ufffdb"
    assert (kept.reason, kept.job_id, kept.prompt, kept.details) == (whole, whole, whole, {whole: [whole]})
