"""Strict reading of embeds (DOCS resource "Message", "Embed Limits")."""

from bot.sandbox.discord.errors import FormErrors
from bot.sandbox.discord.wire import JsonObject, as_array, as_object

MAX_EMBEDS = 10
MAX_EMBED_TOTAL = 6000
MAX_FIELDS = 25
_EMBED_LIMITS = {"title": 256, "description": 4096}


def read_embeds(raw: object, errors: FormErrors) -> tuple[JsonObject, ...]:
    """Check `raw` and answer the embeds as the API stores them. Faults are noted in `errors`."""
    embeds = [embed for item in as_array(raw) or [] if (embed := as_object(item)) is not None]
    errors.require(
        len(embeds) <= MAX_EMBEDS,
        ("embeds",),
        "BASE_TYPE_MAX_LENGTH",
        f"Must be {MAX_EMBEDS} or fewer in length.",
    )
    total = 0
    for index, embed in enumerate(embeds):
        for name, limit in _EMBED_LIMITS.items():
            total += _measure(embed, name, limit, ("embeds", index), errors)
        total += _measure(
            as_object(embed.get("author")) or {}, "name", 256, ("embeds", index, "author"), errors
        )
        total += _measure(
            as_object(embed.get("footer")) or {}, "text", 2048, ("embeds", index, "footer"), errors
        )
        fields = [
            field for item in as_array(embed.get("fields")) or [] if (field := as_object(item)) is not None
        ]
        errors.require(
            len(fields) <= MAX_FIELDS,
            ("embeds", index, "fields"),
            "BASE_TYPE_MAX_LENGTH",
            "Must be 25 or fewer in length.",
        )
        for number, entry in enumerate(fields):
            path = ("embeds", index, "fields", number)
            for name, limit in (("name", 256), ("value", 1024)):
                errors.require(entry.get(name), (*path, name), "BASE_TYPE_REQUIRED", "This field is required")
                total += _measure(entry, name, limit, path, errors)
    errors.require(
        total <= MAX_EMBED_TOTAL,
        ("embeds",),
        "MAX_EMBED_SIZE_EXCEEDED",
        f"Embed size exceeds maximum size of {MAX_EMBED_TOTAL}",
    )
    return tuple({"type": "rich"} | embed for embed in embeds)


def _measure(
    holder: JsonObject, name: str, limit: int, path: tuple[str | int, ...], errors: FormErrors
) -> int:
    value = holder.get(name)
    length = len(value) if isinstance(value, str) else 0
    errors.require(
        length <= limit, (*path, name), "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length."
    )
    return length
