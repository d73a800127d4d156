"""A server's rules with nothing left as usual."""

from datetime import UTC, datetime

from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules

FULL = ServerRules(
    spicy_confirmed_by=2**62,
    modes={Gate.SPICY: Mode.TRUSTED, Gate.PICTURES: Mode.APPROVAL},
    channel_modes={2**61: {Gate.SPICY: Mode.OPEN}, 3: {Gate.FUN: Mode.OFF}},
    review_at=ReviewAt.BOTH,
    quorum=3,
    review_hours=5,
    trusted_roles=frozenset({1, 2}),
    reviewer_roles=frozenset({2**62}),
    review_channel_id=7,
    log_channel_id=8,
    reports_to_hide=4,
    hidden_hours=6,
    strikes_to_suspend=5,
    suspend_hours=7,
    strike_days=9,
    grave_report_hours=48,
    image_check_percent=60,
    new_member_hours=24,
    new_member_pause_minutes=5,
    new_member_daily=2,
    word_exempt_roles=frozenset({4}),
    word_exempt_channels=frozenset({5}),
    spicy_stopped=True,
    spicy_stopped_at=datetime(2026, 1, 2, tzinfo=UTC),
)
