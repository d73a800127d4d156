"""A real discord.py bot answers people: deferral, cards, files, privacy, buttons, forms, menus."""

import asyncio
from io import BytesIO

import discord
import pytest
from PIL import Image

from bot.sandbox.discord import CallbackKind, InvalidInvocation, VersionKind
from tests.sandbox.small_bot import Card, bot_session, video_file


def png(width: int, height: int) -> bytes:
    """A picture."""
    buffer = BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


async def answer(interaction: discord.Interaction) -> None:
    """The simplest handler."""
    await interaction.response.send_message("done", ephemeral=True)


async def test_deferred_reply_becomes_a_card_and_then_a_card_with_a_video() -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(view=Card("# Rendering\n▰▱▱ 33 %"))
        video = video_file()
        await interaction.edit_original_response(view=Card("# Done", video=video), attachments=[video])

    async with bot_session(handler) as s:
        reply = await s.ask()
        version = await reply.wait_for_video(5)
        assert reply.ack_type is CallbackKind.DEFERRED_MESSAGE
        assert reply.ack_delay_s is not None
        assert 0 < reply.ack_delay_s < 1
        assert [v.kind for v in reply.versions] == [
            VersionKind.THINKING,
            VersionKind.POSTED,
            VersionKind.EDITED,
        ]
        assert reply.versions[1].text() == "# Rendering\n▰▱▱ 33 %\n[Refresh]"
        assert version.attachments[0].path.read_bytes() == b"v" * 1000
        assert version.render() == "Done\n[Refresh]\n📎 clip.mp4 (1.0 KB)"
        assert s.discord.violations == []
        assert s.bot.errors == []


async def test_attachment_option_arrives_as_a_file_discord_py_can_read() -> None:
    read: list[bytes] = []

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        image = interaction.extras["bot"].options["image"]
        read.append(await image.read())
        await interaction.edit_original_response(content=f"{image.width}×{image.height} {image.content_type}")

    async with bot_session(lambda i: handler(_with_bot(i))) as s:
        data = png(30, 20)
        reply = await s.ask(image=s.discord.upload("start picture.png", data))
        version = await reply.wait_for_answer(5)
        assert version.content == "30×20 image/png"
        assert read == [data]
        assert s.bot.options["image"].filename == "start_picture.png"
        assert s.bot.options["image"].size == len(data)
        assert s.bot.options["image"].ephemeral


def _with_bot(interaction: discord.Interaction) -> discord.Interaction:
    interaction.extras["bot"] = interaction.client
    return interaction


async def test_interaction_carries_person_place_languages_and_limits() -> None:
    seen: list[discord.Interaction] = []

    async def handler(interaction: discord.Interaction) -> None:
        seen.append(interaction)
        await answer(interaction)

    async with bot_session(handler, default_upload_limit_bytes=20_000_000) as s:
        await (await s.ask(seconds=10)).wait_for_answer(5)
        (interaction,) = seen
        assert interaction.user.id == s.ana.id
        assert interaction.user.display_name == "Ana"
        assert str(interaction.locale) == "en-GB"
        assert str(interaction.guild_locale) == "de"
        assert interaction.filesize_limit == 20_000_000
        assert interaction.app_permissions.attach_files
        assert interaction.context.guild
        assert s.bot.options["seconds"].value == 10


async def test_thread_is_age_restricted_when_its_parent_is() -> None:
    seen: list[bool] = []

    async def handler(interaction: discord.Interaction) -> None:
        seen.append(interaction.channel.is_nsfw())
        await answer(interaction)

    async with bot_session(handler) as s:
        thread = s.channel.add_thread("cats")
        for nsfw in (False, True):
            s.channel.set_nsfw(nsfw)
            reply = await s.discord.invoke("video", user=s.ana, channel=thread, options={"prompt": "x"})
            await reply.wait_for_answer(5)
        assert seen == [False, True]


async def test_private_reply_is_seen_by_its_owner_alone_and_hidden_from_the_channel_route() -> None:
    async with bot_session(answer) as s:
        reply = await s.ask()
        version = await reply.wait_for_answer(5)
        assert reply.ephemeral
        assert version.render() == "done\n(Only you can see this)"
        channel = s.bot.get_partial_messageable(s.channel.id)
        with pytest.raises(discord.NotFound) as error:
            await channel.get_partial_message(reply.message.id).edit(content="later")
        assert error.value.code == 10008


async def test_public_reply_can_be_edited_by_the_bots_own_token_through_its_channel() -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("first")

    async with bot_session(handler) as s:
        reply = await s.ask()
        await reply.wait_for_answer(5)
        s.discord.expire_tokens()
        message = s.bot.get_partial_messageable(s.channel.id).get_partial_message(reply.message.id)
        await message.edit(content="late")
        assert reply.text == "late"


async def test_button_press_brings_a_fresh_token_for_the_same_message() -> None:
    async def pressed(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(view=Card("fresh"))

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(view=Card("stale", pressed=pressed))

    async with bot_session(handler) as s:
        reply = await s.ask()
        await reply.wait_for_answer(5)
        reply.expire_token()
        again = await s.discord.press(reply, "Refresh", user=s.ana)
        version = await again.wait_for(lambda v: "fresh" in v.text(), 5)
        assert again.ack_type is CallbackKind.DEFERRED_UPDATE
        assert again.message is reply.message
        assert again.interaction.token != reply.interaction.token
        assert version is reply.versions[-1]


async def test_button_that_is_not_there_cannot_be_pressed() -> None:
    async with bot_session(answer) as s:
        reply = await s.ask()
        await reply.wait_for_answer(5)
        with pytest.raises(InvalidInvocation, match="no button"):
            await s.discord.press(reply, "Refresh", user=s.ana)


async def test_followups_are_messages_of_their_own() -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("first")
        await interaction.followup.send("second", file=video_file())

    async with bot_session(handler) as s:
        reply = await s.ask()
        message = await reply.wait_for_followup(5)
        assert message.current.content == "second"
        assert (await reply.wait_for_video(1)).videos[0].filename == "clip.mp4"
        assert reply.text == "first"


async def test_modal_is_opened_and_its_answers_come_back_with_files() -> None:
    class Form(discord.ui.Modal, title="Edit"):
        prompt = discord.ui.Label(text="Prompt", component=discord.ui.TextInput(custom_id="prompt"))
        pictures = discord.ui.Label(
            text="Pictures", component=discord.ui.FileUpload(custom_id="files", max_values=7, required=False)
        )

        async def on_submit(self, interaction: discord.Interaction) -> None:
            names = [file.filename for file in self.pictures.component.values]
            await interaction.response.send_message(f"{self.prompt.component.value} {names}")

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    async with bot_session(handler) as s:
        opened = await s.ask()
        assert (await opened.wait_for_modal(5))["title"] == "Edit"
        files = [s.discord.upload(f"{name}.png", png(2, 2)) for name in "ab"]
        sent = await s.discord.submit(opened, {"Prompt": "a dog", "Pictures": files})
        assert (await sent.wait_for_answer(5)).content == "a dog ['a.png', 'b.png']"
        with pytest.raises(InvalidInvocation, match="8 files"):
            await s.discord.submit(opened, {"Prompt": "a dog", "Pictures": files * 4})
        assert s.discord.violations == []


async def test_message_menu_brings_the_message_with_its_files() -> None:
    async def handler(interaction: discord.Interaction) -> None:
        (attachment,) = interaction.client.options["message"].attachments
        await interaction.response.send_message(attachment.filename, ephemeral=True)

    async with bot_session(handler) as s:
        picture = s.discord.upload("cat.png", png(2, 2))
        message = await s.discord.say(s.ana, s.channel, "look", attachments=[picture])
        reply = await s.discord.menu("Animate", user=s.ana, message=message)
        assert (await reply.wait_for_answer(5)).content == "cat.png"


async def test_without_the_content_intent_only_messages_that_mention_the_bot_can_be_read() -> None:
    async with bot_session(answer) as s:
        await s.discord.say(s.ana, s.channel, "a secret")
        await s.discord.say(s.ana, s.channel, f"<@{s.discord.bot_user_id}> a cat")
        heard = [await asyncio.wait_for(s.bot.heard.get(), 5) for _ in range(2)]
        assert [m.content for m in heard] == ["", f"<@{s.discord.bot_user_id}> a cat"]


async def test_reply_to_another_message_shows_that_message_only_as_far_as_the_intents_go() -> None:
    async with bot_session(answer) as s:
        picture = await s.discord.say(s.ana, s.channel, attachments=[s.discord.upload("cat.png", png(2, 2))])
        await s.discord.say(s.ana, s.channel, f"<@{s.discord.bot_user_id}> animate", reply_to=picture)
        heard = [await asyncio.wait_for(s.bot.heard.get(), 5) for _ in range(2)]
        assert heard[1].content.endswith("animate")
        assert heard[1].reference.message_id == picture.id


async def test_bot_can_answer_a_message_and_write_directly() -> None:
    async with bot_session(answer) as s:
        question = await s.discord.say(s.ana, s.channel, f"<@{s.discord.bot_user_id}> hello")
        heard = await asyncio.wait_for(s.bot.heard.get(), 5)
        await heard.reply("hello yourself", mention_author=False)
        answered = await s.channel.wait_for_message(lambda v: v.content == "hello yourself", 5)
        assert answered.reply_to is question
        assert answered.pings.users == ()
        await (await s.bot.fetch_user(s.ana.id)).send("psst", file=video_file())
        private = await s.discord.dm(s.ana).wait_for_message(lambda v: v.content == "psst", 5)
        assert private.current.videos
        assert s.discord.violations == []


async def test_same_nonce_sends_one_message() -> None:
    async with bot_session(answer) as s:
        channel = s.bot.get_partial_messageable(s.channel.id)
        first = await channel.send("video", nonce="job-1")
        second = await channel.send("video", nonce="job-1")
        assert first.id == second.id
        assert len(s.channel.messages) == 1


async def test_application_that_never_answers_leaves_a_failed_reply() -> None:
    async def handler(_: discord.Interaction) -> None:
        return

    async with bot_session(handler, ack_deadline_s=0.2) as s:
        reply = await s.ask()
        version = await reply.wait_for_answer(5)
        assert version.kind is VersionKind.FAILED
        assert reply.failed
        assert version.render() == "(The application did not respond)"
