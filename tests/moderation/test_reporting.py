"""Whose report hides a video at once, and for which reasons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.reporting import Reporter, ReportReason, hides_alone
from bot.moderation.rules import ServerRules

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = ServerRules(grave_report_hours=24)
MEMBER = Reporter(joined_at=NOW - DAY, muted=False, barred=False, open_hidings=0, dismissed_at=None)
GRAVE = {ReportReason.MINOR, ReportReason.REAL_PERSON}


@pytest.mark.parametrize("reason", ReportReason)
def test_grave_reasons_hide_alone_and_no_others(reason: ReportReason) -> None:
    assert hides_alone(reason, MEMBER, RULES, NOW) is (reason in GRAVE)


@pytest.mark.parametrize(
    ("reporter", "hides"),
    [
        (replace(MEMBER, joined_at=NOW - DAY + timedelta(seconds=1)), False),
        (replace(MEMBER, joined_at=None), False),
        (replace(MEMBER, muted=True), False),
        (replace(MEMBER, barred=True), False),
        (replace(MEMBER, open_hidings=2), True),
        (replace(MEMBER, open_hidings=3), False),
        (replace(MEMBER, dismissed_at=NOW - 29 * DAY), False),
        (replace(MEMBER, dismissed_at=NOW - 30 * DAY), True),
    ],
)
def test_a_reporter_has_to_be_known_and_right(reporter: Reporter, hides: bool) -> None:  # noqa: FBT001
    assert hides_alone(ReportReason.MINOR, reporter, RULES, NOW) is hides


def test_a_server_can_have_members_wait_longer_or_not_at_all() -> None:
    fresh = replace(MEMBER, joined_at=NOW)
    assert hides_alone(ReportReason.MINOR, fresh, ServerRules(grave_report_hours=0), NOW)
    assert not hides_alone(ReportReason.MINOR, MEMBER, ServerRules(grave_report_hours=25), NOW)
