"""From a request's body to a message: every rule of content, embeds, files and flags.

Sources: DOCS resources "Message" (limits, flags, attachments), "Embed Limits", "Allowed Mentions Object".
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.discord.cdn import Attachment, FileHost
from bot.sandbox.discord.components import check_description, read_components
from bot.sandbox.discord.embeds import read_embeds
from bot.sandbox.discord.errors import BLOCKED_BY_AUTOMOD, EMPTY_MESSAGE, HARMFUL_LINK, ApiError, FormErrors
from bot.sandbox.discord.multipart import MAX_FILES, Body, UploadedFile
from bot.sandbox.discord.stickers import Sticker
from bot.sandbox.discord.versions import walk
from bot.sandbox.discord.wire import JsonObject, MessageFlags, as_array, as_int, as_object, as_snowflake

MAX_CONTENT_CHARS = 2000
_MENTION_TYPES = {"users", "roles", "everyone"}
_V2_EXCLUDES = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
_KIND_WORDS = ("parse", "users", "roles")

SENT_FLAGS = (
    MessageFlags.SUPPRESS_EMBEDS | MessageFlags.SUPPRESS_NOTIFICATIONS | MessageFlags.IS_COMPONENTS_V2
)
RESPONSE_FLAGS = SENT_FLAGS | MessageFlags.EPHEMERAL
EDIT_FLAGS = MessageFlags.SUPPRESS_EMBEDS | MessageFlags.IS_COMPONENTS_V2


@dataclass(frozen=True, slots=True)
class Composition:
    """The content of a message: the state after a request was applied."""

    content: str = ""
    embeds: tuple[JsonObject, ...] = ()
    components: tuple[JsonObject, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: MessageFlags = MessageFlags.NONE
    allowed_mentions: JsonObject | None = None
    stickers: tuple[Sticker, ...] = ()

    @property
    def v2(self) -> bool:
        """True if the message is built of V2 components."""
        return MessageFlags.IS_COMPONENTS_V2 in self.flags

    @property
    def empty(self) -> bool:
        """True if there is nothing to see."""
        seen = self.embeds or self.components or self.attachments or self.stickers
        return not (self.content.strip() or seen)


def media_of(attachment: Attachment) -> JsonObject:
    """The media object of a hosted file inside a V2 component, freshly signed."""
    media: JsonObject = {
        "id": str(attachment.id),
        "url": attachment.url,
        "proxy_url": attachment.url,
        "attachment_id": str(attachment.id),
        "content_type": attachment.content_type,
        "loading_state": 2,
        "flags": 0,
        "width": attachment.width,
        "height": attachment.height,
    }
    return media


def compose(
    body: Body,
    *,
    host: FileHost,
    folder: int,
    allowed: MessageFlags,
    before: Composition | None = None,
    blocked_words: Collection[str] = (),
    harmful_words: Collection[str] = (),
) -> Composition:
    """Apply a request's body to `before` (None for a new message).

    A field that is left out keeps what was there; `attachments`, once given, must list everything to keep;
    a body with files and without `attachments` keeps nothing that was there before. Raises 400/50035 with
    the offending fields, 400/50006 when nothing would be left to see, 400/200000 when one of `blocked_words` is in
    what can be read, 400/240000 for one of `harmful_words`: in texts, and also in names and descriptions of files,
    of which Discord does not say.
    """
    payload = as_object(body.payload) or {}
    errors = FormErrors()
    errors.require(
        isinstance(body.payload, dict | None), (), "DICT_TYPE_CONVERT", "Only dictionaries may be used"
    )
    old = before or Composition()
    flags = _flags(payload, allowed, old.flags, errors)

    def keep(uploaded: UploadedFile, name: str) -> Attachment:
        return host.host_file(uploaded.path, name, folder=folder)

    attachments = _attachments(payload, body, before and before.attachments, keep, errors)
    content = _content(payload, errors) if "content" in payload else old.content
    embeds = read_embeds(payload.get("embeds"), errors) if "embeds" in payload else old.embeds
    v2 = MessageFlags.IS_COMPONENTS_V2 in flags
    if v2:
        _refuse_old_fields(payload | {"content": content, "embeds": embeds}, errors)
    components = old.components
    if "components" in payload:
        files = _named_media(attachments) if v2 else {}
        components = read_components(payload["components"], v2=v2, files=files, errors=errors)
    elif lost := set(referenced(components, old.attachments)) - set(attachments):
        names = ", ".join(sorted(attachment.filename for attachment in lost))
        errors.add(("attachments",), "ATTACHMENT_STILL_REFERENCED", f"The components still show {names}.")
    mentions = _allowed_mentions(payload.get("allowed_mentions"), errors)
    errors.check()
    result = Composition(content, embeds, components, attachments, flags, mentions, old.stickers)
    if result.empty:
        raise ApiError(EMPTY_MESSAGE)
    read = "\n".join(_readable(result)).lower()
    for words, problem in ((blocked_words, BLOCKED_BY_AUTOMOD), (harmful_words, HARMFUL_LINK)):
        if any(word.lower() in read for word in words):
            body.discard()
            raise ApiError(problem)
    return result


def _readable(body: Composition) -> Iterator[str]:
    yield body.content
    for attachment in body.attachments:
        yield from (attachment.filename, attachment.description or "")
    for node in walk(body.components):
        yield str(node.get("content", ""))
        for item in as_array(node.get("items")) or []:
            yield str((as_object(item) or {}).get("description") or "")


def _refuse_old_fields(fields: JsonObject, errors: FormErrors) -> None:
    for name in ("content", "embeds", "poll", "sticker_ids"):
        words = f"The '{name}' field cannot be used with IS_COMPONENTS_V2."
        errors.require(not fields.get(name), (name,), _V2_EXCLUDES, words)


def _flags(payload: JsonObject, allowed: MessageFlags, old: MessageFlags, errors: FormErrors) -> MessageFlags:
    if payload.get("flags") is None:
        return old
    asked = as_int(payload["flags"])
    if asked is None:
        errors.add(("flags",), "NUMBER_TYPE_COERCE", "Value is not int.")
        return old
    wrong = asked & ~int(allowed | old)
    errors.require(not wrong, ("flags",), "BASE_TYPE_CHOICES", f"Flags {wrong} cannot be set here.")
    if MessageFlags.IS_COMPONENTS_V2 in old:
        stays = asked & MessageFlags.IS_COMPONENTS_V2
        errors.require(
            stays,
            ("flags",),
            "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG",
            "IS_COMPONENTS_V2 cannot be removed.",
        )
    return MessageFlags(asked & int(allowed)) | old & ~EDIT_FLAGS


def _content(payload: JsonObject, errors: FormErrors) -> str:
    content = payload["content"]
    if content is None:
        return ""
    if not isinstance(content, str):
        errors.add(("content",), "STRING_TYPE_CONVERT", "Could not interpret as string.")
        return ""
    errors.require(
        len(content) <= MAX_CONTENT_CHARS,
        ("content",),
        "BASE_TYPE_MAX_LENGTH",
        f"Must be {MAX_CONTENT_CHARS} or fewer in length.",
    )
    return content


def _attachments(
    payload: JsonObject,
    body: Body,
    old: tuple[Attachment, ...] | None,
    keep: Callable[[UploadedFile, str], Attachment],
    errors: FormErrors,
) -> tuple[Attachment, ...]:
    """The files of the message: those kept of `old` (None for a new message) and those uploaded."""
    listed = as_array(payload.get("attachments"))
    if listed is None:
        if old is not None and not body.files and "attachments" not in payload:
            return old
        listed = [{"id": index} for index in sorted(body.files)]
    kept = {attachment.id: attachment for attachment in old or ()}
    unlisted = set(body.files)
    result: list[Attachment] = []
    for number, raw in enumerate(listed):
        entry = as_object(raw) or {}
        entry_id = as_snowflake(entry.get("id"))
        if entry_id in body.files:
            unlisted.discard(entry_id)
            uploaded = body.files[entry_id]
            name = str(entry.get("filename") or uploaded.filename)
            attachment = keep(uploaded, name)
            check_description(entry.get("description"), ("attachments", number, "description"), errors)
            attachment.description = entry.get("description")
            result.append(attachment)
        elif entry_id in kept:
            result.append(kept[entry_id])
        else:
            errors.add(
                ("attachments", number, "id"),
                "ATTACHMENT_NOT_FOUND",
                f"Attachment {entry_id} is neither kept nor uploaded.",
            )
    for index in sorted(unlisted):
        errors.add(("attachments",), "ATTACHMENT_NOT_LISTED", f"files[{index}] is uploaded but not listed.")
    errors.require(
        len(result) <= MAX_FILES,
        ("attachments",),
        "BASE_TYPE_MAX_LENGTH",
        f"Must be {MAX_FILES} or fewer in length.",
    )
    return tuple(result)


def _named_media(attachments: tuple[Attachment, ...]) -> dict[str, JsonObject]:
    """Media objects under every address a component may use: attachment://name and the file's links."""
    media: dict[str, JsonObject] = {}
    for attachment in attachments:
        entry = media_of(attachment)
        media[f"attachment://{attachment.filename}"] = entry
        media[attachment.url.split("?", 1)[0]] = entry
    return media


def referenced(
    components: tuple[JsonObject, ...], attachments: tuple[Attachment, ...]
) -> tuple[Attachment, ...]:
    """The attachments that V2 components show, in order of the components."""
    by_id = {str(attachment.id): attachment for attachment in attachments}
    found: dict[str, Attachment] = {}

    def visit(value: Any) -> None:  # noqa: ANN401  # JSON of any depth
        if isinstance(value, dict):
            attachment_id = value.get("attachment_id")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
            if attachment_id in by_id:
                found.setdefault(str(attachment_id), by_id[str(attachment_id)])  # pyright: ignore[reportUnknownArgumentType]  # JSON
            for inner in value.values():  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
                visit(inner)
        elif isinstance(value, list | tuple):
            for inner in value:  # pyright: ignore[reportUnknownVariableType]  # JSON
                visit(inner)

    visit(components)
    return tuple(found.values())


def _allowed_mentions(raw: object, errors: FormErrors) -> JsonObject | None:
    if raw is None:
        return None
    mentions = as_object(raw)
    if mentions is None:
        errors.add(("allowed_mentions",), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return None
    for word in _KIND_WORDS:
        given = mentions.get(word)
        errors.require(
            given is None or isinstance(given, list),
            ("allowed_mentions", word),
            "LIST_TYPE_CONVERT",
            "Only iterables may be used in a ListType",
        )
    parse = set(as_array(mentions.get("parse")) or [])
    errors.require(
        parse <= _MENTION_TYPES,
        ("allowed_mentions", "parse"),
        "BASE_TYPE_CHOICES",
        "Value must be one of {'users', 'roles', 'everyone'}.",
    )
    for word in ("users", "roles"):
        both = word in parse and mentions.get(word)
        errors.require(
            not both,
            ("allowed_mentions",),
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
            f"parse: ['{word}'] and {word}: [...] exclude each other.",
        )
    return mentions
