"""What the sandbox refuses, spoken to by hand."""

import asyncio

import pytest

from bot.sandbox.discord import Reply, VersionKind
from tests.sandbox.raw_bot import COMMAND, RawBot, raw_bot

V2 = 1 << 15
MIB = 1024 * 1024


def text(content: str) -> dict:
    """A text display."""
    return {"type": 10, "content": content}


def button(custom_id: str = "a", **changes: object) -> dict:
    """A button."""
    return {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id} | changes


def row(*children: dict) -> dict:
    """An action row."""
    return {"type": 1, "components": list(children)}


def gallery(url: str) -> dict:
    """A media gallery with one item."""
    return {"type": 12, "items": [{"media": {"url": url}}]}


async def deferred(bot: RawBot, **data: object) -> Reply:
    """A command that was deferred."""
    reply = await bot.ask()
    assert (await bot.callback(reply, 5, data))[0] == 200
    return reply


async def test_deferral_says_which_message_it_made_and_makes_no_resource() -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        status, body = await bot.callback(reply, 5)
        assert status == 200
        assert body == {
            "interaction": {
                "id": str(reply.interaction.id),
                "type": 2,
                "response_message_id": str(reply.message.id),
                "response_message_loading": True,
                "response_message_ephemeral": False,
            }
        }
        assert bot.headers["Content-Type"] == "application/json"


async def test_second_answer_is_refused() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        assert (await bot.callback(reply, 4, {"content": "x"}))[1]["code"] == 40060


async def test_late_first_answer_finds_no_interaction() -> None:
    async with raw_bot(ack_deadline_s=0.05) as bot:
        reply = await bot.ask()
        await reply.wait_for(lambda v: v.kind is VersionKind.FAILED, 5)
        status, body = await bot.callback(reply, 5)
        assert (status, body["code"]) == (404, 10062)


async def test_unknown_interaction_and_unknown_token_are_not_found() -> None:
    async with raw_bot() as bot:
        status, body = await bot.call("POST", "/interactions/1/abc/callback", {"type": 5}, token=False)
        assert (status, body["code"]) == (404, 10062)
        path = f"/webhooks/{bot.discord.application_id}/abc/messages/@original"
        status, body = await bot.call("PATCH", path, {"content": "x"}, token=False)
        assert (status, body["code"]) == (404, 10015)


async def test_edit_before_the_first_answer_is_not_found() -> None:
    async with raw_bot() as bot:
        status, body = await bot.edit(await bot.ask(), {"content": "x"})
        assert (status, body["code"]) == (404, 10015)


@pytest.mark.parametrize(("expired", "code"), [(401, 50027), (404, 10015)])
async def test_expired_token_is_refused_and_a_401_counts_as_invalid_request(expired: int, code: int) -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        bot.discord.expire_tokens(expired)
        status, body = await bot.edit(reply, {"content": "x"})
        assert (status, body["code"]) == (expired, code)
        assert bot.discord.request_log.invalid_requests == (1 if expired == 401 else 0)


async def test_token_dies_of_age() -> None:
    async with raw_bot(token_lifetime_s=0.05) as bot:
        reply = await deferred(bot)
        await asyncio.sleep(0.06)
        assert (await bot.edit(reply, {"content": "x"}))[0] == 401


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (1, None),
        (6, None),
        (7, {"content": "x"}),
        (8, {"choices": []}),
        (10, {}),
        (5, {"flags": V2}),
        (4, {"content": "x", "flags": 1 << 7}),
        (4, {"content": "x" * 2001}),
        (9, {"title": "t" * 46, "custom_id": "c", "components": [text("x")]}),
        (9, {"title": "t", "custom_id": "c", "components": []}),
    ],
)
async def test_answer_that_does_not_fit_is_refused_and_leaves_the_interaction_open(
    kind: int, data: dict | None
) -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        assert (await bot.callback(reply, kind, data))[1]["code"] == 50035
        assert (await bot.callback(reply, 5))[0] == 200


async def test_empty_message_is_refused() -> None:
    async with raw_bot() as bot:
        assert (await bot.callback(await bot.ask(), 4, {"content": " "}))[1]["code"] == 50006


@pytest.mark.parametrize(
    "components",
    [
        [text("x")] * 41,
        [text("x" * 2001), text("x" * 2000)],
        [text("")],
        [row(button("a"), button("a"))],
        [row(button("x" * 101))],
        [row(button(label="x" * 81))],
        [row(button(label=""))],
        [row(*[button(str(n)) for n in range(6)])],
        [row(button(style=5))],
        [row(button(url="https://example.org"))],
        [row()],
        [button()],
        [gallery("attachment://missing.mp4")],
        [gallery("ftp://example.org/x.png")],
        [{"type": 13, "file": {"url": "https://example.org/x.mp4"}}],
        [{"type": 17, "components": [{"type": 17, "components": [text("x")]}]}],
        [{"type": 9, "components": [text("x")], "accessory": text("y")}],
        [{"type": 99}],
        [{**text("a"), "id": 7}, {**text("b"), "id": 7}],
    ],
)
async def test_components_that_break_a_rule_are_refused(components: list[dict]) -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        status, body = await bot.edit(reply, {"flags": V2, "components": components})
        assert (status, body["code"]) == (400, 50035)
        assert len(reply.versions) == 1


@pytest.mark.parametrize(
    "payload",
    [
        {"flags": V2, "content": "x", "components": [text("y")]},
        {"flags": V2, "embeds": [{"title": "x"}], "components": [text("y")]},
        {"components": [text("x")]},
        {"content": "x", "flags": 1 << 7},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]},
        {"embeds": [{"title": "x"}] * 11},
        {"content": "x", "attachments": [{"id": "77"}]},
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"content": "x", "allowed_mentions": {"parse": ["nobody"]}},
        {"content": 3},
    ],
)
async def test_message_that_breaks_a_rule_is_refused(payload: dict) -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        status, body = await bot.edit(reply, payload)
        assert (status, body["code"]) == (400, 50035)


async def test_plain_message_turns_v2_only_when_its_old_fields_are_emptied_and_never_back() -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        await bot.callback(reply, 4, {"content": "old"})
        card = {"flags": V2, "components": [text("new")]}
        assert (await bot.edit(reply, card))[0] == 400
        status, body = await bot.edit(reply, card | {"content": None})
        assert (status, body["content"], body["flags"]) == (200, "", V2)
        assert (await bot.edit(reply, {"flags": 0, "content": "back"}))[0] == 400
        assert (await bot.edit(reply, {"components": [text("newer")]}))[0] == 200
        assert reply.text == "newer"


async def test_edit_keeps_exactly_the_attachments_it_lists() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        _, body = await bot.edit(reply, data=bot.form({"content": "two"}, 5, 6))
        first, second = (a["id"] for a in body["attachments"])
        assert len((await bot.edit(reply, {"content": "same"}))[1]["attachments"]) == 2
        form = bot.form({"attachments": [{"id": second}, {"id": "0", "filename": "new.mp4"}]}, 7)
        _, body = await bot.edit(reply, data=form)
        assert [a["filename"] for a in body["attachments"]] == ["f1.mp4", "new.mp4"]
        assert first not in {a["id"] for a in body["attachments"]}
        _, body = await bot.edit(reply, {"attachments": []})
        assert body["attachments"] == []


async def test_v2_message_shows_only_the_files_its_components_name_and_lists_none() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        payload = {"flags": V2, "components": [gallery("attachment://f1.mp4")]}
        _, body = await bot.edit(reply, data=bot.form(payload, 5, 6))
        assert body["attachments"] == []
        media = body["components"][0]["items"][0]["media"]
        assert media["content_type"] == "video/mp4"
        assert [a.filename for a in reply.current.attachments] == ["f1.mp4"]
        status, _ = await bot.edit(reply, {"components": [text("kept"), gallery(media["url"])]})
        assert status == 200
        assert reply.current.videos
        assert (await bot.edit(reply, {"attachments": []}))[1]["code"] == 50035


async def test_file_over_the_limit_is_refused_and_leaves_nothing_behind() -> None:
    async with raw_bot(default_upload_limit_bytes=MIB) as bot:
        reply = await deferred(bot)
        assert (await bot.edit(reply, data=bot.form({}, MIB)))[0] == 200
        before = sorted((bot.discord.files_dir / "cdn").iterdir())
        status, body = await bot.edit(reply, data=bot.form({}, 100, MIB + 1))
        assert (status, body["code"]) == (413, 40005)
        assert sorted((bot.discord.files_dir / "cdn").iterdir()) == before


@pytest.mark.parametrize(
    ("tier", "account", "mib"),
    [(0, "plain", 10), (2, "plain", 50), (3, "plain", 100), (0, "nitro", 500), (3, "nitro", 500)],
)
async def test_upload_limit_follows_boosts_and_the_callers_nitro(tier: int, account: str, mib: int) -> None:
    async with raw_bot() as bot:
        guild = bot.discord.add_guild("Boosted", boost_tier=tier)
        user = bot.discord.add_user("Ben", nitro=account == "nitro")
        guild.join(user)
        reply = await bot.discord.invoke(
            "video", user=user, channel=guild.add_channel("v"), options={"prompt": "x"}
        )
        assert reply.interaction.payload["attachment_size_limit"] == mib * MIB
        assert guild.upload_limit_bytes == {0: 10, 2: 50, 3: 100}[tier] * MIB


async def test_permissions_of_the_channel_bind_the_bots_own_token() -> None:
    async with raw_bot() as bot:
        messages = f"/channels/{bot.channel.id}/messages"
        bot.channel.deny_bot("attach_files")
        assert (await bot.call("POST", messages, data=bot.form({}, 5)))[1]["code"] == 50013
        assert (await bot.call("POST", messages, {"content": "x"}))[0] == 200
        bot.channel.deny_bot("send_messages")
        assert (await bot.call("POST", messages, {"content": "x"}))[1]["code"] == 50013
        bot.channel.deny_bot("view_channel")
        assert (await bot.call("POST", messages, {"content": "x"}))[1]["code"] == 50001
        bot.channel.allow_bot("view_channel", "send_messages")
        assert (await bot.call("POST", messages, {"content": "x"}))[0] == 200


async def test_bot_cannot_edit_what_somebody_else_wrote() -> None:
    async with raw_bot() as bot:
        message = await bot.discord.say(bot.ana, bot.channel, "mine")
        path = f"/channels/{bot.channel.id}/messages/{message.id}"
        assert (await bot.call("PATCH", path, {"content": "x"}))[1]["code"] == 50005
        assert (await bot.call("DELETE", path))[1]["code"] == 50013
        assert (await bot.call("GET", path))[0] == 200
        assert message.current.content == "mine"


async def test_person_who_takes_no_direct_messages_gets_none() -> None:
    async with raw_bot() as bot:
        bot.ana.accepts_direct_messages = False
        path = f"/channels/{bot.discord.dm(bot.ana).id}/messages"
        assert (await bot.call("POST", path, {"content": "x"}))[1]["code"] == 50007


async def test_app_installed_by_the_caller_alone_has_five_followups_and_no_channel() -> None:
    async with raw_bot() as bot:
        await bot.register(COMMAND | {"integration_types": [0, 1]})
        guild = bot.discord.add_guild("Elsewhere", bot_installed=False)
        guild.join(bot.ana)
        channel = guild.add_channel("general")
        reply = await bot.discord.invoke("video", user=bot.ana, channel=channel, options={"prompt": "x"})
        assert reply.interaction.payload["authorizing_integration_owners"] == {"1": str(bot.ana.id)}
        bot.discord.limiter.enabled = False
        await bot.callback(reply, 4, {"content": "x"})
        statuses = [
            (await bot.call("POST", bot.hook(reply), {"content": "y"}, token=False))[0] for _ in range(6)
        ]
        assert statuses == [200] * 5 + [400]
        status, body = await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"})
        assert (status, body["code"]) == (403, 50001)


async def test_first_followup_fills_the_placeholder_of_a_deferral() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot, flags=64)
        _, body = await bot.call("POST", bot.hook(reply), {"content": "filled"}, token=False)
        assert body["id"] == str(reply.message.id)
        assert reply.text == "filled"
        assert reply.ephemeral
        assert reply.followups == []


async def test_original_answer_can_be_fetched_and_deleted() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        path = bot.hook(reply, "/messages/@original")
        assert (await bot.call("GET", path, token=False))[1]["flags"] == 128
        assert (await bot.call("DELETE", path, token=False))[0] == 204
        assert reply.deleted
        assert (await bot.edit(reply, {"content": "x"}))[1]["code"] == 10008


async def test_wrong_bot_token_and_unknown_routes_are_refused_and_noted() -> None:
    async with raw_bot() as bot:
        assert (await bot.call("GET", "/users/@me", token=False))[0] == 401
        status, body = await bot.call("GET", "/stickers/1")
        assert (status, body) == (404, {"message": "404: Not Found", "code": 0})
        assert (await bot.call("DELETE", "/users/@me"))[0] == 405
        assert len(bot.discord.violations) == 2


async def test_broken_json_and_unknown_multipart_fields_are_refused() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        assert (await bot.edit(reply, data=b"{"))[1]["code"] == 50109
        form = bot.form({"content": "x"})
        form.add_field("file", b"x", filename="x.mp4")
        assert (await bot.edit(reply, data=form))[1]["code"] == 50035


async def test_nobody_is_pinged_when_mentions_are_not_allowed() -> None:
    async with raw_bot() as bot:
        loud = {"content": f"@everyone {bot.ana.mention}"}
        reply = await bot.ask()
        await bot.callback(reply, 4, loud | {"allowed_mentions": {"parse": []}})
        assert (reply.message.pings.users, reply.message.pings.everyone) == ((), False)
        other = await bot.ask()
        await bot.callback(other, 4, loud)
        assert (other.message.pings.users, other.message.pings.everyone) == ((bot.ana,), True)
        assert reply.current.render() == "@everyone @Ana"
