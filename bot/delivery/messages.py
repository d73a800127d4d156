"""What delivery says to Discord, and what Discord may answer, in words of our own."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from bot.delivery.card import Card
from bot.texts.messages import Language


@dataclass(frozen=True)
class ReplyAddress:
    """Where the reply to a request lives: all that is needed to change it, also after a restart."""

    application_id: int
    token: SecretStr | None
    """The interaction's token; it opens the reply to whoever holds it, so it is kept like a password, and
    forgotten (None) as soon as it is of no more use."""
    person_id: int
    channel_id: int | None
    message_id: int | None
    created_at: datetime
    """When the interaction of that token came, by this machine's clock."""
    upload_limit_bytes: int
    """What one attachment may weigh in this reply (`attachment_size_limit` of the interaction)."""
    private: bool
    language: Language = Language.ENGLISH
    """In which it is written: the person's own in private, the server's in public."""
    guild_id: int | None = None
    """The server it is in; None in direct messages."""
    asked_message_id: int | None = None
    """The person's message that is answered, where they asked by one instead of by an interaction."""


@dataclass(frozen=True)
class VideoFile:
    """A finished video on disk, and the name under which people see it."""

    path: Path
    name: str
    size_bytes: int
    spoiler: bool


@dataclass(frozen=True)
class Post:
    """What a message is to show."""

    card: Card
    video: VideoFile | None = None


class DeliveryError(Exception):
    """Base of every error that delivering raises: the post is not where it was to be."""


class ReplyUnreachableError(DeliveryError):
    """This way to the person is closed for good (401, 403 or 404): never repeat it, take the next one.

    `unknown` is True where Discord says that there is no such thing (404).
    """

    def __init__(self, told: str, *, unknown: bool = False) -> None:
        super().__init__(told)
        self.unknown = unknown


class DeliveryDoubtfulError(DeliveryError):
    """The post may have arrived by a way that is closed now, so making it elsewhere could show it twice."""


class PostForbiddenError(DeliveryError):
    """The rules do not allow the post where it would be made."""


class UploadTooLargeError(DeliveryError):
    """Discord does not take a file of this size here (413, or codes 40005 and 50045)."""


class PostRefusedError(DeliveryError):
    """Discord refuses this very message (another 400, such as AutoMod's 200000): repeating it is no use."""


class AnsweredElsewhereError(DeliveryError):
    """Another process under the same token answered first."""


class DiscordUnavailableError(DeliveryError):
    """Discord did not answer, answered 5xx or kept rate limiting: the same call may work later."""


class AnswerUnreadableError(DiscordUnavailableError):
    """An answer came that Discord does not give, such as a page: what was asked may have been done."""


class Messages(Protocol):
    """The ways to put a post before a person. Each raises `DeliveryError`, and nothing else.

    What is returned is the id of the message that now shows the post.
    """

    async def edit_by_token(self, address: ReplyAddress, post: Post) -> int:
        """Edit the reply with the interaction's token."""
        ...

    async def edit_as_bot(self, address: ReplyAddress, post: Post) -> int:
        """Edit the same message as the bot user, through its channel."""
        ...

    async def answer_in_channel(self, address: ReplyAddress, post: Post) -> int:
        """Answer the old message with a new one that mentions the person; repeated calls post once."""
        ...

    async def direct_message(self, address: ReplyAddress, post: Post) -> int:
        """Send the post to the person directly; repeated calls post once."""
        ...

    async def answer_message(self, address: ReplyAddress, post: Post, *, look_first: bool) -> int:
        """Answer the user's own message; repeated calls post once.

        With `look_first` an answer that was posted long ago is found; Discord itself remembers minutes. Where an
        earlier answer of this bot stands that is not of this request's row, what was posted is deleted again and
        `AnsweredElsewhereError` is raised.
        """
        ...

    async def ping(self, address: ReplyAddress, *, by_token: bool) -> None:
        """Mention the person in a new message beside the reply, which as an edited one tells nobody."""
        ...

    async def find_video(self, address: ReplyAddress, name: str, *, by_token: bool) -> int | None:
        """The reply's message, if it already shows a video of this name."""
        ...

    async def find_answer(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """The message by which `answer_in_channel` already made this post at `since` or later, if it did."""
        ...

    async def find_direct(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """The message by which `direct_message` already made this post at `since` or later, if it did."""
        ...
