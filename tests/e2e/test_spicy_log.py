"""`/spicy log`: the log in pages, filtered, and as files that can be verified."""

import csv
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.moderation.audit.entries import ACTIONS_BY_GROUP, ActionGroup, AuditAction, AuditEntry, RecordedEntry
from bot.sandbox.discord import Reply
from bot.texts import jobs as job_words
from bot.texts import spicy as words
from cogs.moderation.spicy_log import LogPage
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import labels, message_of, press, told
from tests.e2e.actors.harness import Harness, utc_now
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import entries, seed, spicy
from tests.moderation.audit.logs import verify


@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_log_in_pages_with_its_filter(harness: Harness, *, restarted: bool) -> None:
    mo = moderator(harness)
    await seed(harness, 3, at=utc_now() - timedelta(days=9), reason="long ago")
    await seed(harness, 12)
    await spicy(harness, "trust", mo, person=harness.member("bea"))
    shown = await spicy(harness, "log", mo, person="ada", action="strikes", days=7)
    assert "because 12." in shown.text
    assert "because 3." in shown.text
    assert "because 2." not in shown.text
    assert "trusted list" not in shown.text
    assert f"<@5> · **Strike given** · about {harness.user.mention} · “because 12.”" in shown.text
    assert labels(message_of(shown).current) == ["Older"]
    await meanwhile(harness, restarted=restarted)
    turned = await press(harness, shown, "Older", user=mo)
    text = await told(turned)
    assert "because 2." in text
    assert "long ago" not in text
    assert labels(message_of(turned).current) == ["Newest"]
    assert "because 12." in await told(await press(harness, turned, "Newest", user=mo))
    assert "Put on the trusted list" in (await spicy(harness, "log", mo)).text
    assert (await spicy(harness, "log", mo, action="words")).text.endswith(words.LOG_EMPTY.english)


@pytest.mark.parametrize("signs", ["_" * 500, "@" * 500, "https://a" * 60, "<@1>" * 120])
async def test_whatever_a_reason_is_a_page_fits(harness: Harness, signs: str) -> None:
    mo = moderator(harness)
    await seed(harness, 11, reason=signs)
    assert labels(message_of(await spicy(harness, "log", mo)).current) == ["Older"]


async def test_an_id_is_short_and_every_action_is_in_one_group() -> None:
    longest = max(ActionGroup, key=len)
    assert len(LogPage(10**15 - 1, 2**63 - 1, longest, 3650).custom_id) <= 100
    assert set(ACTIONS_BY_GROUP) == set(ActionGroup)
    assert sorted(action for group in ACTIONS_BY_GROUP.values() for action in group) == sorted(AuditAction)


def rows(reply: Reply) -> list[RecordedEntry]:
    """What was exported as lines of JSON, as the log would have it."""
    (attached,) = message_of(reply).current.attachments
    assert attached.filename.endswith(".jsonl")
    found: list[RecordedEntry] = []
    for line in attached.path.read_text("utf-8").splitlines():
        fields: dict[str, Any] = json.loads(line)
        fields["at"], fields["action"] = datetime.fromisoformat(fields["at"]), AuditAction(fields.pop("deed"))
        found.append(RecordedEntry(**fields))
    return found


async def test_the_log_as_lines_of_json_can_be_verified(harness: Harness) -> None:
    mo, store = moderator(harness), harness.app.moderation.audit_log.store
    await seed(harness, 600)
    await store.append(
        AuditEntry(
            harness.guild.id, utc_now(), AuditAction.REQUEST_HELD, None, harness.user.id, prompt="a 🎞\n'boat'"
        )
    )
    reply = await spicy(harness, "log", mo, export="json")
    exported = rows(reply)
    assert verify(exported) is None
    assert len(exported) == 601
    assert exported[-1].prompt == "a 🎞\n'boat'"
    assert exported[-1].sha256 in reply.text
    last = (await entries(harness))[-1]
    assert (last.action, last.actor_id) == (AuditAction.LOG_EXPORTED, mo.id)
    assert last.details == {"entries": 601, "form": "json", "last": 601, "sha256": exported[-1].sha256}
    await store.append(AuditEntry(harness.guild.id + 1, utc_now(), AuditAction.BANNED, None, harness.user.id))
    again = rows(await spicy(harness, "log", mo, export="json"))
    assert [one.number for one in again] == list(range(1, 603))


async def test_the_log_as_a_table_has_one_heading(harness: Harness) -> None:
    await seed(harness, 600)
    reply = await spicy(harness, "log", moderator(harness), export="csv", action="strikes")
    (attached,) = message_of(reply).current.attachments
    with attached.path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["number"] for row in found] == [str(number) for number in range(1, 601)]
    assert found[0]["reason"] == "because 1."


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_a_log_that_is_too_large_loses_its_oldest(harness: Harness, form: str) -> None:
    harness.sandbox.discord.world.default_upload_limit_bytes = limit = 10_000
    await seed(harness, 600)
    reply = await spicy(harness, "log", moderator(harness), export=form)
    (attached,) = message_of(reply).current.attachments
    lines = attached.path.read_text("utf-8").splitlines()
    heading = form == "csv"
    kept = len(lines) - heading
    assert limit - 1000 < attached.size_bytes <= limit
    assert f"{600 - kept} older entries did not fit" in reply.text
    assert f"because {601 - kept}." in lines[int(heading)]
    assert "because 600." in lines[-1]
    assert lines[0].startswith("number,") is heading


async def test_a_file_that_discord_refuses_is_said_to_be(harness: Harness) -> None:
    await seed(harness, 1)
    harness.channel.deny_bot("attach_files")
    reply = await spicy(harness, "log", moderator(harness), export="csv")
    assert reply.text == job_words.FILE_REFUSED.english


async def test_no_file_of_nothing(harness: Harness) -> None:
    assert (await spicy(harness, "log", moderator(harness), export="csv")).text == words.LOG_EMPTY.english
    assert await entries(harness) == []
