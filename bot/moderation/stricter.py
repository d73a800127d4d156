"""Of two states of the same decisions, such as an older and a newer copy of them, the one that allows less.

Pure functions. What only one of the two relaxed stays as the other has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.moderation.members.member import ListStatus, Member
from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules

_MOST: Final = (
    "quorum",
    "suspend_hours",
    "strike_days",
    "new_member_hours",
    "new_member_pause_minutes",
)
"""Numbers of which the larger one allows less."""
_LEAST: Final = ("reports_to_hide", "grave_report_hours", "strikes_to_suspend", "new_member_daily")
"""Numbers of which the smaller one allows less."""
_IN_BOTH: Final = ("reviewer_roles", "trusted_roles", "word_exempt_roles", "word_exempt_channels")
"""Rights: what one of the two took away is gone."""
_IF_NONE: Final = ("review_channel_id", "log_channel_id")
"""Channels that are needed by what is stricter: each is taken over where there is none."""


def stricter_member(saved: Member, later: Member, now: datetime) -> Member:
    """Return the record with what a later one denies.

    That is a block, trust that ended, a longer suspension, or muted reports.
    """
    listed = saved.listed
    if later.listed is ListStatus.BLOCKED or (later.listed is None and listed is ListStatus.TRUSTED):
        listed = later.listed
    record = replace(saved, listed=listed, reports_muted=saved.reports_muted or later.reports_muted)
    if later.suspended_until is None or not later.is_suspended(now):
        return record
    if saved.suspended_until is not None and saved.suspended_until > later.suspended_until:
        return record
    return replace(
        record,
        suspended_until=later.suspended_until,
        suspended_by=later.suspended_by,
        suspended_for=later.suspended_for,
        appealed_at=later.appealed_at,
        end_is_told=later.end_is_told,
    )


def stricter_rules(saved: ServerRules, later: ServerRules) -> ServerRules:
    """Return the rules with every rule of the later ones that allows less."""
    changes: dict[str, Any] = {
        "spicy_confirmed_by": saved.spicy_confirmed_by if later.spicy_confirmed_by is not None else None,
        "spicy_stopped": saved.spicy_stopped or later.spicy_stopped,
        "spicy_stopped_at": _latest(saved.spicy_stopped_at, later.spicy_stopped_at),
        "review_at": saved.review_at if later.review_at is saved.review_at else ReviewAt.BOTH,
        "image_check_percent": _check_percent(saved.image_check_percent, later.image_check_percent),
        **_modes(saved, later),
    }
    ways: tuple[tuple[tuple[str, ...], Callable[[Any, Any], Any]], ...] = (
        (_MOST, max),
        (_LEAST, min),
        (_IN_BOTH, lambda one, other: one & other),
        (_IF_NONE, lambda one, other: other if one is None else one),
    )
    for names, choose in ways:
        for name in names:
            changes[name] = choose(getattr(saved, name), getattr(later, name))
    return saved.model_copy(update=changes)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def _check_percent(one: int, other: int) -> int:
    """Return the score from which less is let through; 0 holds nothing."""
    return min((percent for percent in (one, other) if percent), default=0)


def _modes(saved: ServerRules, later: ServerRules) -> Mapping[str, object]:
    """Return the modes of the server and of its channels: in each place the stricter one of each gate."""
    # Modes of spicy are compared as they are said, also while nobody has confirmed its rules.
    one, other = (rules.model_copy(update={"spicy_confirmed_by": 1}) for rules in (saved, later))
    usual = {gate: _stricter_mode(one, other, gate, None) for gate in Gate}
    modes = {
        gate: mode for gate, mode in usual.items() if gate in saved.modes or mode is not one.mode(gate, None)
    }
    channels: dict[int, dict[Gate, Mode]] = {}
    for channel_id in {**saved.channel_modes, **later.channel_modes}:
        said = saved.channel_modes.get(channel_id, {})
        there = {gate: _stricter_mode(one, other, gate, channel_id) for gate in Gate}
        own = {gate: mode for gate, mode in there.items() if gate in said or mode is not usual[gate]}
        if own:
            channels[channel_id] = own
    return {"modes": modes, "channel_modes": channels}


def _stricter_mode(one: ServerRules, other: ServerRules, gate: Gate, channel_id: int | None) -> Mode:
    return max(one.mode(gate, channel_id), other.mode(gate, channel_id), key=lambda mode: mode.strictness)
