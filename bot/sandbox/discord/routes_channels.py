"""Routes by the bot's own token: channels, their messages, users and servers."""

from datetime import timedelta

from bot.sandbox.discord.api_call import ApiAnswer, ApiCall, ApiRoute, Core
from bot.sandbox.discord.composing import EDIT_FLAGS, SENT_FLAGS, Composition, compose
from bot.sandbox.discord.errors import (
    CANNOT_DM,
    EDIT_BY_ANOTHER,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    NON_TEXT_CHANNEL,
    THREAD_ARCHIVED,
    TOO_MANY_OLD_EDITS,
    UNKNOWN_CHANNEL,
    UNKNOWN_GUILD,
    UNKNOWN_MEMBER,
    UNKNOWN_MESSAGE,
    UNKNOWN_USER,
    ApiError,
    FormErrors,
)
from bot.sandbox.discord.guilds import Channel, ChannelMessage, Guild
from bot.sandbox.discord.messages import PLAIN, REPLY, Message
from bot.sandbox.discord.multipart import Body
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.ratelimits import BucketRule, RateLimits
from bot.sandbox.discord.snowflakes import moment_of
from bot.sandbox.discord.wire import Intents, JsonObject, MessageFlags, as_object, as_snowflake, now

OLD_MESSAGE = timedelta(hours=1)
OLD_EDITS = BucketRule("old_edits", 3, 20.0)
"""Edits of messages older than an hour are limited further (error 30046); how far is not documented, three in
20 s for a channel is what bot authors report."""
MAX_NONCE_CHARS = 25
MAX_LISTED = 100


class ChannelRoutes:
    """Handlers of `/channels`, `/users` and `/guilds`."""

    def __init__(self, core: Core, limits: RateLimits) -> None:
        self._core = core
        self._limits = limits
        self._old_edits: dict[int, list[float]] = {}

    def routes(self) -> list[ApiRoute]:
        """The operations served here."""
        limits, channel = self._limits, ("channel_id",)
        messages = "/channels/{channel_id}/messages"
        return [
            ApiRoute("GET", "/channels/{channel_id}", self._get_channel, limits.other, major=channel),
            ApiRoute("PATCH", "/channels/{channel_id}", self._change_thread, limits.other, major=channel),
            ApiRoute("POST", "/channels/{channel_id}/typing", self._typing, limits.other, major=channel),
            ApiRoute("POST", messages, self._send, limits.channel_messages, major=channel),
            ApiRoute("GET", messages, self._list, limits.other, major=channel),
            ApiRoute("GET", f"{messages}/{{message_id}}", self._get, limits.other, major=channel),
            ApiRoute("PATCH", f"{messages}/{{message_id}}", self._edit, limits.channel_edits, major=channel),
            ApiRoute("DELETE", f"{messages}/{{message_id}}", self._delete, limits.other, major=channel),
            ApiRoute("POST", "/users/@me/channels", self._open_direct, limits.other),
            ApiRoute("GET", "/users/{user_id}", self._get_user, limits.other),
            ApiRoute("GET", "/guilds/{guild_id}", self._get_guild, limits.other, major=("guild_id",)),
            ApiRoute(
                "GET", "/guilds/{guild_id}/channels", self._guild_channels, limits.other, major=("guild_id",)
            ),
            ApiRoute(
                "GET",
                "/guilds/{guild_id}/members/{user_id}",
                self._get_member,
                limits.other,
                major=("guild_id",),
            ),
        ]

    def _channel(self, call: ApiCall, *needed: Permission) -> Channel:
        """The channel of the path. Raises 10003, 50001 (cannot see it) or 50013 (lacks `needed`)."""
        raw = call.params["channel_id"]
        channel = self._core.world.channels.get(int(raw)) if raw.isdigit() else None
        if channel is None:
            raise ApiError(UNKNOWN_CHANNEL)
        rights = channel.permissions_of(self._core.world.bot)
        if Permission.VIEW_CHANNEL not in rights:
            raise ApiError(MISSING_ACCESS)
        if any(permission not in rights for permission in needed):
            raise ApiError(MISSING_PERMISSIONS)
        return channel

    def _message(self, call: ApiCall, channel: Channel) -> Message:
        message_id = as_snowflake(call.params["message_id"])
        if message_id is None:
            raise ApiError(UNKNOWN_MESSAGE)
        return self._core.messages.find(channel, message_id)

    def _shown(self, message: ChannelMessage) -> JsonObject:
        """The message as far as the application's intents go: REST knows no session to ask for them."""
        opened = Intents.MESSAGE_CONTENT in self._core.gateway.allowed_privileged
        return message.payload(redacted=not opened)

    async def _get_channel(self, call: ApiCall) -> ApiAnswer:
        return ApiAnswer(body=self._channel(call).payload())

    async def _change_thread(self, call: ApiCall) -> ApiAnswer:
        """Archive a thread or open it, which is all that is served here (DOCS topic "Threads")."""
        channel = self._channel(call)
        payload = as_object((await call.body()).payload) or {}
        errors = FormErrors()
        fine = channel.is_thread and payload.keys() == {"archived"}
        errors.require(fine, (), "NOT_SERVED", "The sandbox archives threads and opens them.")
        errors.check()
        archived = bool(payload["archived"])
        if archived and channel.archived:
            raise ApiError(THREAD_ARCHIVED)
        opens = not archived and not channel.locked
        self._channel(call, channel.speaking, *([] if opens else [Permission.MANAGE_THREADS]))
        if archived is not channel.archived:
            channel.set_archived(archived)
        return ApiAnswer(body=channel.payload())

    def _check_open(self, channel: Channel) -> None:
        """Raise 50083 in an archived thread: nothing in it is edited or deleted (pull request 2855 of the DOCS)."""
        if channel.archived:
            raise ApiError(THREAD_ARCHIVED)

    async def _typing(self, call: ApiCall) -> ApiAnswer:
        self._channel(call, Permission.SEND_MESSAGES)
        return ApiAnswer(204)

    async def _send(self, call: ApiCall) -> ApiAnswer:
        channel = self._channel(call)
        channel = self._channel(call, channel.speaking)
        if not channel.holds_messages:
            raise ApiError(NON_TEXT_CHANNEL)
        if channel.is_private and not channel.recipients[0].accepts_direct_messages:
            raise ApiError(CANNOT_DM)
        body = await call.body(self._limit(channel))
        payload = as_object(body.payload) or {}
        nonce = self._nonce(payload)
        if nonce is not None and (earlier := self._core.messages.with_nonce(channel, nonce)) is not None:
            body.discard()
            return ApiAnswer(body=self._shown(earlier) | {"nonce": nonce})
        self._check_files(channel, body)
        composed = self._compose(channel, body, SENT_FLAGS)
        target = self._reply_target(payload, channel)
        if channel.locked and Permission.MANAGE_THREADS not in channel.permissions_of(self._core.world.bot):
            raise ApiError(MISSING_PERMISSIONS)
        if channel.archived:
            channel.set_archived(archived=False)
        message = Message(
            channel,
            self._core.world.ids.next(),
            self._core.world.bot,
            composed,
            REPLY if target is not None else PLAIN,
            nonce=nonce,
            reply_to=target,
        )
        extra: JsonObject = {"nonce": payload["nonce"]} if payload.get("nonce") is not None else {}
        return ApiAnswer(body=self._shown(self._core.messages.post(message)) | extra)

    def _compose(
        self, channel: Channel, body: Body, allowed: MessageFlags, before: Composition | None = None
    ) -> Composition:
        blocked = channel.guild.automod_words if channel.guild is not None else ()
        return compose(
            body,
            host=self._core.files,
            folder=channel.id,
            allowed=allowed,
            before=before,
            blocked_words=blocked,
            harmful_words=self._core.world.harmful_words,
        )

    def _nonce(self, payload: JsonObject) -> str | None:
        """The nonce when it is to be enforced. Raises 400/50035 when it is too long."""
        nonce = payload.get("nonce")
        errors = FormErrors()
        fine = nonce is None or len(str(nonce)) <= MAX_NONCE_CHARS
        errors.require(
            fine,
            ("nonce",),
            "NONCE_TYPE_TOO_LONG",
            f"Nonce must be less than or equal to {MAX_NONCE_CHARS} characters.",
        )
        errors.check()
        return str(nonce) if nonce is not None and payload.get("enforce_nonce") else None

    def _reply_target(self, payload: JsonObject, channel: Channel) -> Message | None:
        reference = as_object(payload.get("message_reference"))
        if reference is None:
            return None
        message_id = as_snowflake(reference.get("message_id"))
        try:
            return self._core.messages.find(channel, message_id or 0)
        except ApiError:
            if not reference.get("fail_if_not_exists", True):
                return None
            errors = FormErrors()
            errors.add(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            errors.check()
            raise

    def _limit(self, channel: Channel) -> int:
        """By the bot's token only the server's limit counts, never the Nitro of whoever asked."""
        if channel.guild is None:
            return self._core.world.default_upload_limit_bytes
        return channel.guild.upload_limit_bytes

    def _check_files(self, channel: Channel, body: Body) -> None:
        if body.files and Permission.ATTACH_FILES not in channel.permissions_of(self._core.world.bot):
            raise ApiError(MISSING_PERMISSIONS)

    async def _list(self, call: ApiCall) -> ApiAnswer:
        channel = self._channel(call, Permission.READ_MESSAGE_HISTORY)
        query = call.request.query
        limit = int(query.get("limit", "50"))
        before, after = as_snowflake(query.get("before")), as_snowflake(query.get("after"))
        errors = FormErrors()
        errors.require(
            1 <= limit <= MAX_LISTED, ("limit",), "NUMBER_TYPE_MAX", "int value should be between 1 and 100."
        )
        errors.check()
        seen = [
            m
            for m in channel.messages
            if not m.deleted
            and not m.ephemeral
            and (before is None or m.id < before)
            and (after is None or m.id > after)
        ]
        # The newest ones, but with `after` those that follow it; newest first either way.
        page = seen[:limit] if after is not None else seen[-limit:]
        return ApiAnswer(body=[self._shown(message) for message in reversed(page)])

    async def _get(self, call: ApiCall) -> ApiAnswer:
        channel = self._channel(call, Permission.READ_MESSAGE_HISTORY)
        return ApiAnswer(body=self._shown(self._message(call, channel)))

    async def _edit(self, call: ApiCall) -> ApiAnswer:
        channel = self._channel(call)
        message = self._message(call, channel)
        if message.author is not self._core.world.bot:
            raise ApiError(EDIT_BY_ANOTHER)
        self._check_open(channel)
        self._check_old(message, call.record.at)
        body = await call.body(self._limit(channel))
        self._check_files(channel, body)
        composed = self._compose(channel, body, EDIT_FLAGS, message.body)
        return ApiAnswer(body=self._shown(self._core.messages.edit(message, composed)))

    def _check_old(self, message: Message, at: float) -> None:
        if now() - moment_of(message.id) < OLD_MESSAGE:
            return
        recent = [t for t in self._old_edits.get(message.channel.id, []) if at - t < OLD_EDITS.window_s]
        self._old_edits[message.channel.id] = recent
        if len(recent) >= OLD_EDITS.limit:
            raise ApiError(TOO_MANY_OLD_EDITS)
        recent.append(at)

    async def _delete(self, call: ApiCall) -> ApiAnswer:
        channel = self._channel(call)
        message = self._message(call, channel)
        if message.author is not self._core.world.bot:
            self._channel(call, Permission.MANAGE_MESSAGES)
        self._check_open(channel)
        self._core.messages.delete(message)
        return ApiAnswer(204)

    async def _open_direct(self, call: ApiCall) -> ApiAnswer:
        payload = as_object((await call.body()).payload) or {}
        user = self._core.world.users.get(as_snowflake(payload.get("recipient_id")) or 0)
        if user is None or user.bot:
            raise ApiError(UNKNOWN_USER)
        return ApiAnswer(body=self._core.world.direct_channel(user).payload())

    async def _get_user(self, call: ApiCall) -> ApiAnswer:
        user = self._core.world.users.get(as_snowflake(call.params["user_id"]) or 0)
        if user is None:
            raise ApiError(UNKNOWN_USER)
        return ApiAnswer(body=user.payload())

    def _guild(self, call: ApiCall) -> Guild:
        guild = self._core.world.guilds.get(as_snowflake(call.params["guild_id"]) or 0)
        if guild is None or not guild.bot_installed:
            raise ApiError(UNKNOWN_GUILD)
        return guild

    async def _get_guild(self, call: ApiCall) -> ApiAnswer:
        payload = self._guild(call).payload()
        for name in ("channels", "threads", "members", "presences", "voice_states"):
            del payload[name]
        return ApiAnswer(body=payload)

    async def _guild_channels(self, call: ApiCall) -> ApiAnswer:
        return ApiAnswer(body=[channel.payload() for channel in self._guild(call).channels])

    async def _get_member(self, call: ApiCall) -> ApiAnswer:
        member = self._guild(call).members.get(as_snowflake(call.params["user_id"]) or 0)
        if member is None:
            raise ApiError(UNKNOWN_MEMBER)
        return ApiAnswer(body=member.payload())
