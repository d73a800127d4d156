"""A reported video that is still in sight can be removed with a strike, as one that is hidden can."""

import pytest

from bot.texts import moderation
from tests.e2e.actors.appeals import member
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import labels, message_of
from tests.e2e.actors.direct_messages import inbox
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.records import audit
from tests.e2e.actors.reports import REMOVED, report, rule, seen, why
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered

pytestmark = pytest.mark.started_with(rules=None)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_no_report_hid_is_removed_with_a_strike(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness, strikes_to_suspend=1)
    reply, mo = await delivered(harness), moderator(harness)
    await report(harness, reply, harness.member("bob"))
    await meanwhile(harness, restarted=restarted)
    queue = await spicy(harness, "queue", mo)
    assert await why(harness, queue, "Remove and strike…", mo, "cruel") == moderation.VOTE_DECIDED.english
    await seen(message_of(reply), REMOVED)
    assert member(harness).is_suspended(harness.now())
    assert audit(harness, "action", "actor_id", "reason")[1:] == [
        ("strike_given", mo.id, "cruel"),
        ("video_removed", mo.id, "cruel"),
    ]
    assert '["strike_given","suspended"]' in audit(harness, "details")[1]
    await until(lambda: len(inbox(harness, harness.user)) == 3)


async def test_a_second_press_gives_no_second_strike(harness: Harness) -> None:
    await rule(harness, strikes_to_suspend=2)
    reply, mo = await delivered(harness), moderator(harness)
    await report(harness, reply, harness.member("bob"))
    queue = await spicy(harness, "queue", mo)
    assert labels(queue.versions[-1])[:3] == ["Remove…", "Remove and strike…", "Leave it"]
    await why(harness, queue, "Remove and strike…", mo)
    assert await why(harness, queue, "Remove and strike…", mo) == moderation.VOTE_CLOSED.english
    assert not member(harness).is_suspended(harness.now())
