"""A chain of requests that began with a picture of people never turns spicy, also where the picture is gone."""

import shutil

from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Reply
from bot.texts import refusals
from tests.e2e.actors.buttons import id_of, message_of, press, press_unseen, told
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.forms import answers, opens, send, send_made_up
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.mentions import ended, ping, say
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.videos import shown, upload
from tests.images.encoded_videos import film

REFUSED = refusals.REFUSALS["spicy_from_pictures"].english
SPICY = {"preset": "spicy"}


async def from_picture(harness: Harness) -> Reply:
    reply = await harness.video("a boat", channel=harness.adult_channel, image=upload(harness))
    await shown(harness, reply)
    return reply


async def refused(reply: Reply) -> None:
    assert await told(reply) == REFUSED


def lose_pictures(harness: Harness) -> None:
    """Have the pictures of all jobs be gone, as after the time for which they are kept."""
    shutil.rmtree(harness.data_dir / "spool")
    (harness.data_dir / "spool").mkdir()


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_change_without_the_lost_picture_is_not_spicy_nor_is_what_follows(
    harness: Harness, *, restarted: bool
) -> None:
    parent = await from_picture(harness)
    lose_pictures(harness)
    without = await opens(harness, parent, "Change")
    await meanwhile(harness, restarted=restarted)
    await refused(await send(harness, without, SPICY))
    words = await send(harness, without, {"prompt": "a ship"})
    await shown(harness, words)
    await refused(await send(harness, await opens(harness, words, "Change"), SPICY))
    again = await press(harness, words, "Again")
    await shown(harness, again)
    await meanwhile(harness, restarted=restarted)
    for label in ("Change", "Use last frame"):
        await refused(await send(harness, await opens(harness, again, label), SPICY))
    assert {one.preset for one in harness.sandbox.dimilinks.request_log.submissions} == {"normal"}
    assert harness.bought == 3


async def test_forged_forms_of_such_a_job_are_refused(harness: Harness) -> None:
    parent = await from_picture(harness)
    harness.channel.set_nsfw(True)
    job_id = harness.rows("id")[0]["id"]
    filled = answers(prompt="hot", seconds="6", frame="1280x720/720p", preset="spicy")
    for kind in ("change", "without", "continue"):
        made_up = f"sm-form:{kind}:{job_id}:0:{'a' * 32}"
        await refused(await send_made_up(harness, made_up, filled, source=message_of(parent)))
    assert harness.bought == 1


async def test_a_video_that_was_looked_for_is_still_one_from_a_picture(harness: Harness) -> None:
    parent = await from_picture(harness)
    harness.sandbox.discord.purge(message_of(parent))
    row = harness.rows("id, person_id")[0]
    lose_pictures(harness)
    look = f"sm:look:{row['id']}:{row['person_id']}:0"
    found = await press_unseen(harness, message_of(parent), look)
    await shown(harness, found)
    for label in ("Change", "Use last frame"):
        await refused(await send(harness, await opens(harness, found, label), SPICY))


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_was_tried_again_is_still_from_a_picture(harness: Harness, *, restarted: bool) -> None:
    harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await harness.video("a boat", channel=harness.adult_channel, image=upload(harness))
    await harness.ended(lost)
    await meanwhile(harness, restarted=restarted)
    again = await press(harness, lost, "Try again")
    await shown(harness, again)
    lose_pictures(harness)
    await refused(await send(harness, await opens(harness, again, "Change"), SPICY))


async def test_the_first_frame_of_somebodys_film_is_a_picture_of_people(harness: Harness) -> None:
    harness.sandbox.discord.world.referenced_shown_on_mention = True
    where = harness.adult_channel
    clip = harness.sandbox.discord.upload("clip.mp4", film(12), content_type="video/mp4")
    replied = await say(harness, attachments=[clip], user=harness.member("bob"), channel=where)
    asked = await say(harness, ping(harness, "it sinks"), reply_to=replied, channel=where)
    offered = await ended(harness, asked)
    message = next(one for one in where.messages if one.current is offered)
    pressed = await press_unseen(harness, message, id_of(offered, "Use first frame"))
    await shown(harness, pressed)
    for label in ("Change", "Use last frame"):
        await refused(await send(harness, await opens(harness, pressed, label), SPICY))
    rewrite(harness, "UPDATE jobs SET preset = 'spicy'")
    await refused(await press(harness, pressed, "Again"))
