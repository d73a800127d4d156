"""Answers to interactions: the callback, and the webhook behind each interaction's token."""

from bot.sandbox.discord.api_call import ApiAnswer, ApiCall, ApiRoute, Auth, Core
from bot.sandbox.discord.command_rules import OptionType, check_choices
from bot.sandbox.discord.composing import EDIT_FLAGS, RESPONSE_FLAGS, Composition, compose
from bot.sandbox.discord.errors import (
    ALREADY_ACKNOWLEDGED,
    MISSING_PERMISSIONS,
    UNKNOWN_MESSAGE,
    USER_INSTALL_FOLLOWUPS,
    ApiError,
    FormErrors,
)
from bot.sandbox.discord.interactions import CallbackKind, Interaction, InteractionKind
from bot.sandbox.discord.invocation import focused_option
from bot.sandbox.discord.messages import MENU_RESPONSE, PLAIN, REPLY, SLASH_RESPONSE, Message
from bot.sandbox.discord.modals import read_modal
from bot.sandbox.discord.multipart import Body
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.ratelimits import RateLimits
from bot.sandbox.discord.wire import JsonObject, MessageFlags, as_array, as_int, as_object, as_snowflake

MAX_USER_INSTALL_FOLLOWUPS = 5
MAX_AUTOCOMPLETE = 25
_ON_COMPONENTS = frozenset({CallbackKind.DEFERRED_UPDATE, CallbackKind.UPDATE_MESSAGE})


class InteractionRoutes:
    """Handlers of `/interactions` and of `/webhooks/{application}/{token}`."""

    def __init__(self, core: Core, limits: RateLimits) -> None:
        self._core = core
        self._limits = limits

    def routes(self) -> list[ApiRoute]:
        """The operations served here. None of it counts towards the 50 requests a second."""
        hook = "/webhooks/{webhook_id}/{webhook_token}"
        handlers = [
            ("POST", hook, self._follow_up),
            ("GET", f"{hook}/messages/@original", self._get),
            ("PATCH", f"{hook}/messages/@original", self._edit),
            ("DELETE", f"{hook}/messages/@original", self._delete),
            ("GET", f"{hook}/messages/{{message_id}}", self._get),
            ("PATCH", f"{hook}/messages/{{message_id}}", self._edit),
            ("DELETE", f"{hook}/messages/{{message_id}}", self._delete),
        ]
        return [
            ApiRoute(
                "POST",
                "/interactions/{interaction_id}/{interaction_token}/callback",
                self._callback,
                self._limits.callback,
                Auth.TOKEN_IN_PATH,
                ("interaction_id",),
                counts_globally=False,
            ),
            *(
                ApiRoute(
                    method,
                    template,
                    handler,
                    self._limits.webhook,
                    Auth.TOKEN_IN_PATH,
                    ("webhook_id", "webhook_token"),
                    counts_globally=False,
                )
                for method, template, handler in handlers
            ),
        ]

    async def _callback(self, call: ApiCall) -> ApiAnswer:
        params = call.params
        interaction = self._core.interactions.for_callback(
            params["interaction_id"], params["interaction_token"]
        )
        if call.fault is not None and call.fault.acknowledged_elsewhere:
            self._acknowledge_elsewhere(interaction)
        if interaction.acknowledged_at is not None:
            raise ApiError(ALREADY_ACKNOWLEDGED)
        body = await call.body(interaction.upload_limit_bytes)
        payload = as_object(body.payload) or {}
        kind = self._kind(payload, interaction)
        data = Body(payload.get("data"), body.files, body.content_type)
        if interaction.acknowledged_at is not None:  # a second answer overtook this one's upload
            raise ApiError(ALREADY_ACKNOWLEDGED)
        self._respond(interaction, kind, data)
        self._core.interactions.acknowledged(interaction)
        if call.request.query.get("with_response", "").lower() not in {"1", "true"}:
            return ApiAnswer(204)
        return ApiAnswer(body=_callback_response(interaction, kind))

    def _acknowledge_elsewhere(self, interaction: Interaction) -> None:
        """Defer the answer, as another process that runs with the same token would."""
        if interaction.acknowledged_at is None:
            self._respond(interaction, CallbackKind.DEFERRED_MESSAGE, Body({}))
            self._core.interactions.acknowledged(interaction)

    def _kind(self, payload: JsonObject, interaction: Interaction) -> CallbackKind:
        errors = FormErrors()
        number = as_int(payload.get("type"))
        known = number in CallbackKind.__members__.values() and number != CallbackKind.PONG
        if not known:
            errors.add(("type",), "BASE_TYPE_CHOICES", "Value must be one of (4, 5, 6, 7, 8, 9).")
            errors.check()
        kind = CallbackKind(payload["type"])
        completing = interaction.kind is InteractionKind.AUTOCOMPLETE
        fits = (
            completing == (kind is CallbackKind.AUTOCOMPLETE)
            and (kind not in _ON_COMPONENTS or interaction.source is not None)
            and not (kind is CallbackKind.MODAL and interaction.kind is InteractionKind.MODAL_SUBMIT)
        )
        what = f"{kind.name} cannot answer {interaction.kind.name}."
        errors.require(fits, ("type",), "INTERACTION_TYPE_INVALID", what)
        errors.check()
        return kind

    def _respond(self, interaction: Interaction, kind: CallbackKind, data: Body) -> None:
        match kind:
            case CallbackKind.MESSAGE:
                self._answer_with_message(interaction, data)
            case CallbackKind.DEFERRED_MESSAGE:
                self._defer(interaction, as_object(data.payload) or {})
            case CallbackKind.DEFERRED_UPDATE:
                self._take_over(interaction)
            case CallbackKind.UPDATE_MESSAGE:
                source = interaction.source
                if source is None or source.deleted:
                    raise ApiError(UNKNOWN_MESSAGE)
                body = self._compose(data, interaction, EDIT_FLAGS, source.body)
                self._take_over(interaction)
                self._core.messages.edit(source, body)
            case CallbackKind.AUTOCOMPLETE:
                interaction.autocomplete = _choices(as_object(data.payload) or {}, interaction)
            case CallbackKind.MODAL:
                interaction.modal = read_modal(data.payload)
            case CallbackKind.PONG:
                raise AssertionError("the gateway never pings by interaction")
        interaction.acknowledge(
            kind, ephemeral=interaction.original is not None and interaction.original.ephemeral
        )

    def _take_over(self, interaction: Interaction) -> None:
        """The message whose component was used becomes the interaction's own."""
        interaction.original = interaction.source
        if interaction.source is not None:
            interaction.source.changed.link(interaction.changed)

    def _answer_with_message(self, interaction: Interaction, data: Body) -> None:
        body = self._compose(data, interaction, RESPONSE_FLAGS, None)
        self._core.messages.post(self._new_message(interaction, body, _original_kind(interaction)))

    def _defer(self, interaction: Interaction, data: JsonObject) -> None:
        errors = FormErrors()
        flags = MessageFlags(as_int(data.get("flags")) or 0)
        errors.require(
            not flags & ~MessageFlags.EPHEMERAL,
            ("data", "flags"),
            "BASE_TYPE_CHOICES",
            "A deferral takes the flag EPHEMERAL alone.",
        )
        errors.check()
        message = self._new_message(interaction, Composition(flags=flags), _original_kind(interaction))
        message.loading = True
        self._core.messages.post(message)

    def _new_message(self, interaction: Interaction, body: Composition, kind: int) -> Message:
        """A message made by an interaction; the first becomes its original answer, the rest follow up."""
        core = self._core
        message = Message(
            interaction.channel, core.world.ids.next(), core.world.bot, body, kind, interaction=interaction
        )
        if interaction.original is None and interaction.acknowledged_at is None:
            interaction.original = message
            if interaction.source is not None:
                message.reply_to = interaction.source
        else:
            message.reply_to = interaction.original
            interaction.followups.append(message)
        message.changed.link(interaction.changed)
        return message

    def _compose(
        self, data: Body, interaction: Interaction, allowed: MessageFlags, before: Composition | None
    ) -> Composition:
        channel = interaction.channel
        body = compose(
            data,
            host=self._core.files,
            folder=channel.id,
            allowed=allowed,
            before=before,
            blocked_words=channel.guild.automod_words if channel.guild is not None else (),
            harmful_words=self._core.world.harmful_words,
        )
        if MessageFlags.EPHEMERAL in body.flags:
            for attachment in body.attachments:
                attachment.ephemeral = True
        return body

    def _interaction(self, call: ApiCall) -> Interaction:
        params = call.params
        return self._core.interactions.for_webhook(params["webhook_id"], params["webhook_token"])

    def _message(self, call: ApiCall, interaction: Interaction) -> Message:
        raw = call.params.get("message_id")
        if raw is not None and as_snowflake(raw) is None:
            raise ApiError(UNKNOWN_MESSAGE)
        return interaction.own_message(as_snowflake(raw))

    def _check_files(self, interaction: Interaction, body: Body) -> None:
        """Edits and follow-ups go by the bot's permissions since 2023-11; first answers do not."""
        channel = interaction.channel
        if body.files and channel.guild is not None and channel.guild.bot_installed:
            rights = channel.permissions_of(self._core.world.bot)
            if Permission.ATTACH_FILES not in rights:
                raise ApiError(MISSING_PERMISSIONS)

    async def _follow_up(self, call: ApiCall) -> ApiAnswer:
        interaction = self._interaction(call)
        body = await call.body(interaction.upload_limit_bytes)
        self._check_files(interaction, body)
        original = interaction.original
        if original is not None and original.loading:
            # The deprecated behaviour of the API: the first follow-up fills the placeholder of the deferral,
            # which stays as private or public as it was.
            composed = self._compose(
                body, interaction, RESPONSE_FLAGS, Composition(flags=original.body.flags)
            )
            return ApiAnswer(body=self._core.messages.edit(original, composed).payload())
        if interaction.user_install_only and len(interaction.followups) >= MAX_USER_INSTALL_FOLLOWUPS:
            raise ApiError(USER_INSTALL_FOLLOWUPS)
        composed = self._compose(body, interaction, RESPONSE_FLAGS, None)
        message = self._new_message(interaction, composed, REPLY if original is not None else PLAIN)
        return ApiAnswer(body=self._core.messages.post(message).payload())

    async def _get(self, call: ApiCall) -> ApiAnswer:
        return ApiAnswer(body=self._message(call, self._interaction(call)).payload())

    async def _edit(self, call: ApiCall) -> ApiAnswer:
        interaction = self._interaction(call)
        message = self._message(call, interaction)
        body = await call.body(interaction.upload_limit_bytes)
        self._check_files(interaction, body)
        if message.deleted:
            raise ApiError(UNKNOWN_MESSAGE)
        composed = self._compose(body, interaction, EDIT_FLAGS, message.body)
        return ApiAnswer(body=self._core.messages.edit(message, composed).payload())

    async def _delete(self, call: ApiCall) -> ApiAnswer:
        self._core.messages.delete(self._message(call, self._interaction(call)))
        return ApiAnswer(204)


def _original_kind(interaction: Interaction) -> int:
    if interaction.kind is InteractionKind.COMMAND:
        return SLASH_RESPONSE if interaction.data.get("type", 1) == 1 else MENU_RESPONSE
    return REPLY if interaction.source is not None else PLAIN


def _choices(data: JsonObject, interaction: Interaction) -> list[JsonObject]:
    choices = [choice for item in as_array(data.get("choices")) or [] if (choice := as_object(item))]
    errors = FormErrors()
    errors.require(
        len(choices) <= MAX_AUTOCOMPLETE,
        ("data", "choices"),
        "BASE_TYPE_MAX_LENGTH",
        "Must be 25 or fewer in length.",
    )
    option = focused_option(interaction.data) or {}
    kind = OptionType(option.get("type", OptionType.STRING))
    check_choices(choices, kind, ("data", "choices"), errors)
    errors.check()
    return choices


def _callback_response(interaction: Interaction, kind: CallbackKind) -> JsonObject:
    """The answer to `with_response`. Only types 4 and 7 have a resource in the API's description."""
    about: JsonObject = {"id": str(interaction.id), "type": int(interaction.kind)}
    message = interaction.original
    if message is not None:
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral,
        }
    body: JsonObject = {"interaction": about}
    if message is not None and kind in {CallbackKind.MESSAGE, CallbackKind.UPDATE_MESSAGE}:
        body["resource"] = {"type": int(kind), "message": message.payload()}
    return body
