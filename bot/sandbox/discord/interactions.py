"""Interactions: their tokens, deadlines and answers (DOCS "Receiving and Responding")."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from enum import IntEnum

from bot.sandbox.discord.errors import (
    INVALID_WEBHOOK_TOKEN,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    ApiError,
    Problem,
)
from bot.sandbox.discord.guilds import Channel
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.people import User
from bot.sandbox.discord.signals import Signal
from bot.sandbox.discord.versions import MessageVersion, VersionKind
from bot.sandbox.discord.wire import JsonObject, now

EXPIRY_PROBLEMS = {401: INVALID_WEBHOOK_TOKEN, 404: UNKNOWN_WEBHOOK}
"""How a dead token answers: 401/50027 as a rule, 404/10015 as bots have reported too."""


class InteractionKind(IntEnum):
    """Interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class CallbackKind(IntEnum):
    """Interaction callback types."""

    PONG = 1
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE_MESSAGE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


@dataclass(eq=False)
class Interaction:
    """One interaction as Discord keeps it. Times are the event loop's clock in seconds."""

    id: int
    token: str
    kind: InteractionKind
    user: User
    channel: Channel
    data: JsonObject
    label: str
    upload_limit_bytes: int
    created_at: float
    application_id: int
    source: Message | None = None
    dispatched_at: float = 0.0
    acknowledged_at: float | None = None
    ack_type: CallbackKind | None = None
    ephemeral: bool = False
    original: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    modal: JsonObject | None = None
    autocomplete: list[JsonObject] | None = None
    expiry: Problem | None = None
    failure: MessageVersion | None = None
    payload: JsonObject = field(default_factory=dict[str, object])
    changed: Signal = field(default_factory=Signal)

    @property
    def user_install_only(self) -> bool:
        """True if the app is here only because the caller installed it."""
        return not self.channel.bot_present

    def acknowledge(self, kind: CallbackKind, *, ephemeral: bool = False) -> None:
        """The first answer arrived."""
        self.acknowledged_at = asyncio.get_running_loop().time()
        self.ack_type = kind
        self.ephemeral = ephemeral
        self.changed.ring()

    def fail(self) -> None:
        """Nothing came in time: the user reads that the application did not respond."""
        if self.acknowledged_at is None and self.failure is None:
            at = asyncio.get_running_loop().time()
            self.failure = MessageVersion(VersionKind.FAILED, at, now())
            self.changed.ring()

    def expire(self, status: int = 401) -> None:
        """From now on the token is dead; requests with it answer `status` (401 or 404)."""
        self.expiry = EXPIRY_PROBLEMS[status]

    def own_message(self, message_id: int | None) -> Message:
        """The original answer (None) or one of the follow-ups. Raises 404/10008 for anything else."""
        mine = [self.original, *self.followups]
        if message_id is None:
            message = self.original
        else:
            message = next((m for m in mine if m is not None and m.id == message_id), None)
        if message is None or message.deleted:
            raise ApiError(UNKNOWN_MESSAGE)
        return message

    def metadata(self) -> JsonObject:
        """`interaction_metadata` of the messages made by this interaction."""
        data: JsonObject = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": self.user.payload(),
            "authorizing_integration_owners": self.payload.get("authorizing_integration_owners", {}),
        }
        if self.kind is InteractionKind.COMMAND:
            data |= {"name": self.label, "command_type": self.data.get("type", 1)}
        if self.source is not None:
            data["interacted_message_id"] = str(self.source.id)
        return data

    def message_fields(self, message: Message) -> JsonObject:
        """The fields that a message carries because an interaction made it."""
        owner = str(self.application_id)
        metadata = self.metadata()
        if self.original is not None and message is not self.original:
            metadata["original_response_message_id"] = str(self.original.id)
        return {"application_id": owner, "webhook_id": owner, "interaction_metadata": metadata}


class Interactions:
    """Every interaction, by id and by token, with the clock that ends those that get no answer."""

    def __init__(self, *, ack_deadline_s: float, token_lifetime_s: float, application_id: int) -> None:
        self.ack_deadline_s = ack_deadline_s
        self.token_lifetime_s = token_lifetime_s
        self.application_id = application_id
        self._by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def new_token(self) -> str:
        """A token as long and opaque as Discord's."""
        return "aW50ZXJhY3Rpb246" + secrets.token_urlsafe(144)

    def open(self, interaction: Interaction) -> None:
        """Keep a new interaction and start its three seconds."""
        self._by_id[interaction.id] = interaction
        self._by_token[interaction.token] = interaction
        loop = asyncio.get_running_loop()
        self._timers[interaction.id] = loop.call_later(self.ack_deadline_s, self._overdue, interaction)

    def expire_all(self, status: int = 401) -> None:
        """Every token handed out so far dies now."""
        for interaction in self._by_id.values():
            interaction.expire(status)

    def close(self) -> None:
        """Stop the clocks."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def for_callback(self, interaction_id: str, token: str) -> Interaction:
        """The interaction to be answered. Raises 404/10062 when unknown or when three seconds have passed."""
        interaction = self._by_id.get(int(interaction_id)) if interaction_id.isdigit() else None
        if interaction is None or interaction.token != token:
            raise ApiError(UNKNOWN_INTERACTION)
        late = asyncio.get_running_loop().time() - interaction.created_at > self.ack_deadline_s
        if interaction.acknowledged_at is None and (late or interaction.failure is not None):
            interaction.fail()
            raise ApiError(UNKNOWN_INTERACTION)
        return interaction

    def for_webhook(self, application_id: str, token: str) -> Interaction:
        """The interaction behind a token. Raises 404/10015 or 401/50027 when the token is of no use."""
        interaction = self._by_token.get(token)
        if interaction is None or application_id != str(self.application_id):
            raise ApiError(UNKNOWN_WEBHOOK)
        age_s = asyncio.get_running_loop().time() - interaction.created_at
        if age_s > self.token_lifetime_s and interaction.expiry is None:
            interaction.expire()
        if interaction.expiry is not None:
            raise ApiError(interaction.expiry)
        if interaction.acknowledged_at is None:
            raise ApiError(UNKNOWN_WEBHOOK)
        return interaction

    def acknowledged(self, interaction: Interaction) -> None:
        """Stop the clock of an interaction that was answered."""
        if (timer := self._timers.pop(interaction.id, None)) is not None:
            timer.cancel()

    def _overdue(self, interaction: Interaction) -> None:
        self._timers.pop(interaction.id, None)
        interaction.fail()
