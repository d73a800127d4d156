"""Errors: what the API answers, and what a user's Discord client refuses to send.

Codes and texts are those of Discord's documentation, topic "Opcodes and Status Codes" (JSON error codes).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.discord.wire import JsonObject


class InvalidInvocation(ValueError):  # noqa: N818  # the name scripts and tests rely on
    """A real Discord client could not have sent this: the test or the script asked for the impossible."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which the API refuses: HTTP status, Discord's code, Discord's text."""

    status: int
    code: int
    message: str


UNAUTHORIZED = Problem(401, 0, "401: Unauthorized")
NOT_FOUND = Problem(404, 0, "404: Not Found")
METHOD_NOT_ALLOWED = Problem(405, 0, "405: Method Not Allowed")
UNKNOWN_CHANNEL = Problem(404, 10003, "Unknown Channel")
UNKNOWN_GUILD = Problem(404, 10004, "Unknown Guild")
UNKNOWN_MEMBER = Problem(404, 10007, "Unknown GuildMember")
UNKNOWN_MESSAGE = Problem(404, 10008, "Unknown Message")
UNKNOWN_USER = Problem(404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = Problem(404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = Problem(404, 10062, "Unknown interaction")
UNKNOWN_COMMAND = Problem(404, 10063, "Unknown application command")
UNKNOWN_APPLICATION = Problem(404, 10002, "Unknown Application")
DAILY_COMMAND_LIMIT = Problem(
    429, 30034, "Max number of daily application command creates has been reached (200)"
)
TOO_MANY_OLD_EDITS = Problem(429, 30046, "Maximum number of edits to messages older than 1 hour reached")
ENTITY_TOO_LARGE = Problem(413, 40005, "Request entity too large")
ALREADY_ACKNOWLEDGED = Problem(400, 40060, "Interaction has already been acknowledged.")
USER_INSTALL_FOLLOWUPS = Problem(
    400, 40094, "Maximum number of follow up messages for this interaction has been reached (5)"
)
MISSING_ACCESS = Problem(403, 50001, "Missing Access")
EDIT_BY_ANOTHER = Problem(403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = Problem(400, 50006, "Cannot send an empty message")
CANNOT_DM = Problem(403, 50007, "Cannot send messages to this user")
NON_TEXT_CHANNEL = Problem(400, 50008, "Cannot send messages in a non-text channel")
MISSING_PERMISSIONS = Problem(403, 50013, "Missing Permissions")
INVALID_WEBHOOK_TOKEN = Problem(401, 50027, "Invalid Webhook Token")
INVALID_FORM = Problem(400, 50035, "Invalid Form Body")
THREAD_ARCHIVED = Problem(400, 50083, "Thread is archived")
ENTRY_POINT_LEFT_OUT = Problem(
    400,
    50240,
    "You cannot remove this app's Entry Point command in a bulk update operation. Please include the Entry Point"
    " command in your update request or delete it separately.",
)
INVALID_JSON = Problem(400, 50109, "The request body contains invalid JSON.")
BLOCKED_BY_AUTOMOD = Problem(400, 200000, "Message was blocked by automatic moderation")
HARMFUL_LINK = Problem(400, 240000, "Message blocked by harmful links filter")


class ApiError(Exception):
    """The API refuses. `errors` is the nested object that names the offending fields."""

    def __init__(self, problem: Problem, errors: JsonObject | None = None) -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.message}")
        self.problem = problem
        self.errors = errors

    def body(self) -> JsonObject:
        """The response body."""
        body: JsonObject = {"message": self.problem.message, "code": self.problem.code}
        if self.errors:
            body["errors"] = self.errors
        return body


@dataclass(frozen=True, slots=True)
class FieldError:
    """One offending field: the way to it, Discord's word for what is wrong, and the sentence."""

    path: tuple[str | int, ...]
    code: str
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(str(part) for part in self.path) or 'body'}: {self.message} ({self.code})"


class FormErrors:
    """Collects offending fields; `check()` raises them as one 400/50035."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, path: Iterable[str | int], code: str, message: str) -> None:
        """Note that the field at `path` is wrong."""
        self.found.append(FieldError(tuple(path), code, message))

    def require(self, ok: object, path: Iterable[str | int], code: str, message: str) -> bool:
        """Note the field unless `ok`; answers whether it was fine."""
        if not ok:
            self.add(path, code, message)
        return bool(ok)

    def check(self) -> None:
        """Raise `ApiError` 50035 when anything was noted."""
        if self.found:
            raise form_error(self.found)


def form_error(found: Iterable[FieldError]) -> ApiError:
    """The 400/50035 that names all of `found`, nested by path as Discord nests it."""
    tree: JsonObject = {}
    for error in found:
        node: dict[str, Any] = tree
        for part in error.path:
            node = node.setdefault(str(part), {})
        node.setdefault("_errors", []).append({"code": error.code, "message": error.message})
    return ApiError(INVALID_FORM, tree)
