import asyncio
from datetime import timedelta
import pytest
from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.moderation.reporting import ReportReason
from bot.sandbox.discord import DiscordFault
from tests.e2e.actors.approvals import *
from tests.e2e.actors import reports as R
from tests.e2e.actors.appeals import suspend, appeal, refused, card_of
from tests.e2e.actors.buttons import message_of, press, told, labels
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import PATIENT, TIMEOUT_S, Harness, utc_now
from tests.e2e.actors.records import actions, audit
from tests.e2e.actors.spicy import spicy as cmd
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, finish, hold

pytestmark = [pytest.mark.started_with(tuning=PATIENT)]

def old(harness, name="bob"):
    u = harness.member(name)
    harness.guild.members[u.id].joined_at = utc_now() - timedelta(days=2)
    return u

@pytest.mark.parametrize("first", ["Restore", "purge"])
async def test_purge_and_restore(harness, first):
    await R.rule(harness)
    reply = await delivered(harness)
    mo = moderator(harness)
    card = await R.hidden(harness, reply, mo)
    mia = moderator(harness, "mia")
    await asyncio.gather(press(harness, card, "Restore", user=mia), cmd(harness, "purge", mo, person="ada"))
    await asyncio.sleep(4)
    print("MSG", message_of(reply).deleted if hasattr(message_of(reply),'deleted') else '', message_of(reply).current.text(), message_of(reply).current.videos)
    print(actions(harness)); print(card.current.text())
    print((await cmd(harness,"queue",mo)).text)

async def test_restore_after_purge(harness):
    await R.rule(harness)
    reply = await delivered(harness)
    mo = moderator(harness)
    card = await R.hidden(harness, reply, mo)
    print("PURGE", (await cmd(harness, "purge", mo, person="ada")).text)
    await asyncio.sleep(3)
    print("CARD", card.current.text(), labels(card.current))
    try:
        print("RESTORE", await told(await press(harness, card, "Restore", user=mo)))
    except Exception as e: print("NO", e)
    await asyncio.sleep(2)
    print("MSG", message_of(reply) in harness.channel.messages, message_of(reply).current.text(), message_of(reply).current.videos)
    print(actions(harness))

async def test_report_while_purge_and_own(harness):
    await R.rule(harness)
    reply = await delivered(harness)
    bob = old(harness)
    form = await opens(harness, reply, "Report", user=bob)
    form2 = await opens(harness, reply, "Report", user=bob)
    mo = moderator(harness)
    print(await R.reported(harness, form, ReportReason.MINOR))
    print(await R.reported(harness, form2, ReportReason.MINOR, "x"*500))
    await asyncio.sleep(2)
    print(actions(harness))
    print((await cmd(harness,"queue",mo)).text)
    print((await cmd(harness,"log",mo)).text)

async def test_report_own_video(harness):
    await R.rule(harness)
    harness.guild.members[harness.user.id].joined_at = utc_now() - timedelta(days=2)
    reply = await delivered(harness)
    print("OWN", await R.reported(harness, await opens(harness, reply, "Report"), ReportReason.MINOR))
    await asyncio.sleep(2)
    print(message_of(reply).current.text(), actions(harness))

async def test_grave_by_suspended_and_left(harness):
    await R.rule(harness)
    reply = await delivered(harness)
    bob = old(harness)
    await suspend(harness, None, user=bob)
    print("SUSP", await R.reported(harness, await opens(harness, reply, "Report", user=bob), ReportReason.MINOR))
    await asyncio.sleep(1)
    print(message_of(reply).current.text()[:80], actions(harness))
    cy = old(harness, "cy")
    form = await opens(harness, reply, "Report", user=cy)
    harness.guild.members[cy.id].timed_out_until = utc_now()+timedelta(hours=1)
    print("TIMEOUT", await R.reported(harness, form, ReportReason.MINOR))
    await asyncio.sleep(1)
    print(message_of(reply).current.text()[:80], actions(harness))

async def test_rejoin(harness):
    """a suspended person leaves and comes back"""
    await R.rule(harness)
    await suspend(harness, None)
    harness.guild.kick(harness.user)
    await asyncio.sleep(.5)
    harness.guild.join(harness.user)
    print("REJOIN", (await harness.ended(await harness.video())).text())

async def test_appeal_twice(harness):
    await rule(harness)
    mo = moderator(harness)
    await suspend(harness, mo)
    r1, r2 = await refused(harness), await refused(harness)
    o1, o2 = await press(harness, r1, "Appeal…"), await press(harness, r2, "Appeal…")
    await o1.wait_for_modal(TIMEOUT_S); await o2.wait_for_modal(TIMEOUT_S)
    a = await asyncio.gather(harness.sandbox.discord.submit(o1, {"words": "one"}), harness.sandbox.discord.submit(o2, {"words": "two"}))
    for x in a: print("APPEAL", await told(x))
    await asyncio.sleep(1)
    print([c.current.text() for c in cards(harness)])
