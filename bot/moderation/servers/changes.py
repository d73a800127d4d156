"""Settings of a server and their changes: the rules after a change, and its log entry. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.texts.settings_panel import AS_SERVER, SPICY_RULES_VERSION


class Field(StrEnum):
    """Field of `ServerRules` that users change. The values are part of custom ids and must not change."""

    MODES = "modes"
    CHANNEL_MODES = "channel_modes"
    REVIEW_AT = "review_at"
    REVIEWER_ROLES = "reviewer_roles"
    TRUSTED_ROLES = "trusted_roles"
    REVIEW_CHANNEL = "review_channel_id"
    LOG_CHANNEL = "log_channel_id"
    QUORUM = "quorum"
    REVIEW_HOURS = "review_hours"
    REPORTS_TO_HIDE = "reports_to_hide"
    GRAVE_REPORT_HOURS = "grave_report_hours"
    HIDDEN_HOURS = "hidden_hours"
    STRIKES_TO_SUSPEND = "strikes_to_suspend"
    SUSPEND_HOURS = "suspend_hours"
    STRIKE_DAYS = "strike_days"
    IMAGE_CHECK = "image_check_percent"
    NEW_MEMBER_HOURS = "new_member_hours"
    NEW_MEMBER_PAUSE = "new_member_pause_minutes"
    NEW_MEMBER_DAILY = "new_member_daily"


ROLES: Final = (Field.REVIEWER_ROLES, Field.TRUSTED_ROLES)
CHANNELS: Final = (Field.REVIEW_CHANNEL, Field.LOG_CHANNEL)
_GATED: Final = (Field.MODES, Field.CHANNEL_MODES)


@dataclass(frozen=True)
class Setting:
    """One setting: a field, and for modes also a gate."""

    field: Field
    gate: Gate | None = None

    @property
    def key(self) -> str:
        """Name in custom ids and in the audit log, such as `modes.spicy`."""
        return self.field if self.gate is None else f"{self.field}.{self.gate}"

    @classmethod
    def named(cls, key: str) -> "Setting":
        """Return the setting with a key. Raises `ValueError` if this version has none."""
        name, _, gate = key.partition(".")
        field = Field(name)
        if (field in _GATED) is not bool(gate):
            raise ValueError(key)
        return cls(field, Gate(gate) if gate else None)

    def value(self, rules: ServerRules, channel_id: int) -> Detail:
        """Return the current value for the audit log. None for a channel that follows its server."""
        if self.gate is not None and self.field is Field.MODES:
            return rules.mode(self.gate, None).value
        if self.gate is not None:
            own = rules.channel_modes.get(channel_id, {}).get(self.gate)
            return own.value if own is not None else None
        found: Any = getattr(rules, self.field.value)
        if isinstance(found, frozenset):
            return sorted(role_ids_of(rules, self.field))
        return found.value if isinstance(found, StrEnum) else found


def role_ids_of(rules: ServerRules, field: Field) -> frozenset[int]:
    """Return the roles in one of the fields `ROLES`."""
    return rules.reviewer_roles if field is Field.REVIEWER_ROLES else rules.trusted_roles


class UnconfirmedError(Exception):
    """The spicy preset cannot be switched on, because its rules are not confirmed."""


@dataclass(frozen=True)
class Change:
    """A user's choice for a setting. In a thread, `channel_id` is its parent's id."""

    guild_id: int
    channel_id: int
    person_id: int
    setting: Setting
    values: tuple[str, ...]
    confirms: bool | None = None
    """True if the user confirmed the spicy preset's rules in the form; None without the form."""

    def needs_form(self, rules: ServerRules) -> bool:
        """Return True if the spicy preset's rules have to be confirmed first. Raises `ValueError` as `applied`."""
        try:
            self.applied(rules)
        except UnconfirmedError:
            return self.confirms is None
        return False

    def applied(self, rules: ServerRules) -> ServerRules:
        """Return the rules after the change.

        Raises:
            ValueError: The value is not offered, or not by this version.
            UnconfirmedError: The spicy preset's rules have to be confirmed first.
        """
        field = self.setting.field
        if self.setting.gate is not None:
            return self._with_mode(rules, self.setting.gate)
        if field in ROLES:
            roles = frozenset(map(int, self.values))
            # The role with the server's id is @everyone. Discord's clients do not offer it, a forged request may.
            if self.guild_id in roles:
                raise ValueError(field)
            return _changed(rules, {field: roles})
        if field in CHANNELS:
            channels = [int(value) for value in self.values]
            return _changed(rules, {field: channels[0] if channels else None})
        return _changed(rules, {field: self._only_value})

    @property
    def mode(self) -> Mode | None:
        """The chosen mode; None for a channel that follows its server."""
        value = self._only_value
        as_server = self.setting.field is Field.CHANNEL_MODES and value == AS_SERVER
        return None if as_server else Mode(value)

    @property
    def _only_value(self) -> str:
        (value,) = self.values
        return value

    def _with_mode(self, rules: ServerRules, gate: Gate) -> ServerRules:
        mode = self.mode
        if gate is not Gate.SPICY:
            return self._placed(rules, gate, mode)
        confirmed_by = rules.spicy_confirmed_by
        if confirmed_by is None:
            # Modes from before the confirmation must not come into force with it.
            rules = _without_spicy(rules)
        if mode not in {None, Mode.OFF} and confirmed_by is None:
            if not self.confirms:
                raise UnconfirmedError
            confirmed_by = self.person_id
        if mode is Mode.OFF and self.setting.field is Field.MODES:
            return _without_spicy(rules)
        placed = self._placed(rules, gate, mode)
        kept = confirmed_by if _spicy_anywhere(placed) else None
        return _changed(placed, {"spicy_confirmed_by": kept})

    def _placed(self, rules: ServerRules, gate: Gate, mode: Mode | None) -> ServerRules:
        if self.setting.field is Field.MODES:
            return _changed(rules, {"modes": {**rules.modes, gate: mode}})
        own = {**rules.channel_modes.get(self.channel_id, {}), gate: mode}
        said = {one: how for one, how in own.items() if how is not None}
        channels = {**rules.channel_modes, self.channel_id: said}
        return _changed(rules, {"channel_modes": {key: modes for key, modes in channels.items() if modes}})

    def entry(self, before: ServerRules, after: ServerRules, at: datetime) -> AuditEntry | None:
        """Return the entry of the audit log, or None if nothing changes."""
        old, new = (self.setting.value(rules, self.channel_id) for rules in (before, after))
        was, is_now = before.spicy_confirmed_by, after.spicy_confirmed_by
        if old == new and was == is_now:
            return None
        name = self.setting.key
        if self.setting.field is Field.CHANNEL_MODES:
            name = f"{self.setting.field}.{self.channel_id}.{self.setting.gate}"
        details: dict[str, Detail] = {"field": name, "from": old, "to": new}
        action = AuditAction.RULES_CHANGED
        if was is None and is_now is not None:
            action = AuditAction.SPICY_SWITCHED_ON
            details["rules_version"] = SPICY_RULES_VERSION
        elif was is not None and is_now is None:
            action = AuditAction.SPICY_SWITCHED_OFF
        return AuditEntry(self.guild_id, at, action, self.person_id, details=details)


def _changed(rules: ServerRules, changes: Mapping[str, object]) -> ServerRules:
    """Return the rules with these fields. pydantic's error for an invalid value is a `ValueError`."""
    return ServerRules.model_validate({**dict(rules), **changes})


def _without_spicy(rules: ServerRules) -> ServerRules:
    """Return the rules with spicy off everywhere. A channel's own *off* stays for when it is switched on again."""
    channels: dict[int, dict[Gate, Mode]] = {}
    for channel_id, own in rules.channel_modes.items():
        left = {gate: mode for gate, mode in own.items() if gate is not Gate.SPICY or mode is Mode.OFF}
        if left:
            channels[channel_id] = left
    modes = {**rules.modes, Gate.SPICY: Mode.OFF}
    return _changed(rules, {"modes": modes, "channel_modes": channels, "spicy_confirmed_by": None})


def _spicy_anywhere(rules: ServerRules) -> bool:
    off = Mode.OFF
    channels = rules.channel_modes.values()
    return rules.modes.get(Gate.SPICY, off) is not off or any(
        own.get(Gate.SPICY, off) is not off for own in channels
    )
