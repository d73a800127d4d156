"""What the log says of an entry: field and values, rule, channel, message and parts, in each reader's language."""

import pytest

from bot.moderation.audit.checkpoint import typed_checkpoint
from bot.moderation.audit.store import verify_log
from bot.moderation.rules import Gate, Mode
from bot.storage.address import database_address
from bot.texts import log_entries, settings_panel
from bot.texts.messages import Language
from tests.e2e.actors.approvals import ask, deny, moderator, question, rule
from tests.e2e.actors.buttons import message_of, told
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import actions
from tests.e2e.actors.reports import hidden
from tests.e2e.actors.reports import rule as rule_reports
from tests.e2e.actors.settings import boss, choose, settings
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered

pytestmark = pytest.mark.started_with(rules=None)


async def test_a_changed_setting_is_named_with_its_values_in_the_readers_language(harness: Harness) -> None:
    opened = await settings(harness, boss(harness), "Other presets")
    await choose(harness, opened, "modes.fun", "off")
    for locale, language in (("en-US", Language.ENGLISH), ("ja", Language.JAPANESE)):
        text = (await spicy(harness, "log", moderator(harness, f"m-{locale}", locale=locale))).text
        field = settings_panel.GATE_NAMES["fun"].in_language(language)
        values = [settings_panel.MODE_NAMES[mode].in_language(language) for mode in (Mode.OPEN, Mode.OFF)]
        assert field in text
        assert " → ".join(values) in text


async def test_a_refusal_names_its_rule_and_channel_and_accuses_nobody(harness: Harness) -> None:
    await rule(harness, modes={Gate.NORMAL: Mode.OFF})
    await told(await harness.video("a boat"))
    await until(lambda: actions(harness) == ["request_refused"])
    text = (await spicy(harness, "log", moderator(harness))).text
    assert log_entries.RULE_NAMES["gate_off"].english in text
    assert harness.channel.mention in text


async def test_what_is_done_to_a_video_links_to_its_message(harness: Harness) -> None:
    await rule_reports(harness)
    reply = await delivered(harness)
    await hidden(harness, reply)
    (line,) = [
        one
        for one in (await spicy(harness, "log", moderator(harness))).text.splitlines()
        if "Video hidden" in one
    ]
    assert message_of(reply).url in line


async def test_one_press_is_one_entry_that_names_its_parts_and_is_found_by_them(harness: Harness) -> None:
    await rule(harness)
    await ask(harness)
    card, mo = await question(harness), moderator(harness)
    await told(await deny(harness, card, mo, label="Deny and suspend…", words=""))
    assert actions(harness) == ["request_held", "request_denied"]
    text = (await spicy(harness, "log", mo, action="strikes")).text
    assert "**Request denied**" in text
    assert "also: Suspended" in text
    assert "It does not belong in this channel" in text
    chinese = (await spicy(harness, "log", moderator(harness, "rita", locale="zh-CN"))).text
    assert "It does not belong" not in chinese


async def test_the_log_channel_shows_digests_by_which_a_cut_is_noticed(harness: Harness) -> None:
    channel = harness.guild.add_channel("log")
    await rule(harness, log_channel_id=channel.id)
    await ask(harness)
    message = await channel.wait_for_message(lambda version: "-# " in version.text(), TIMEOUT_S)
    shown = typed_checkpoint(message.current.text().rpartition("-# ")[2])
    address = database_address(harness.database_url, harness.data_dir)
    assert verify_log(address, [shown]).broken is None
    await until((harness.data_dir / "audit-log.digest").exists)
    await harness.stop()
    rewrite(harness, "DELETE FROM audit")
    assert verify_log(address).broken is None
    assert verify_log(address, [shown]).broken is not None
    await harness.start()
    await until(lambda: any("audit log is missing" in one for one in news(harness)))


async def test_a_log_that_grew_is_no_news(harness: Harness) -> None:
    await rule(harness)
    await ask(harness)
    await until((harness.data_dir / "audit-log.digest").exists)
    await harness.restart()
    await harness.restart()
    assert news(harness) == []
