"""Messages of delivery: addresses, posts, the calls to Discord, and the errors that these raise."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from bot.delivery.card import Card
from bot.texts.messages import Language


@dataclass(frozen=True)
class ReplyAddress:
    """Address of the reply to a request: all facts that are needed to change it, also after a restart."""

    application_id: int
    token: SecretStr | None
    """The interaction's token; it opens the reply to whoever holds it, so it is kept like a password, and
    forgotten (None) as soon as it is of no more use."""
    person_id: int
    channel_id: int | None
    message_id: int | None
    created_at: datetime
    """Moment at which the interaction of that token came, by this machine's clock."""
    upload_limit_bytes: int
    """Largest size of an attachment in this reply (`attachment_size_limit` of the interaction)."""
    private: bool
    language: Language = Language.ENGLISH
    """Language of the reply: the user's own in private, the server's in public."""
    guild_id: int | None = None
    """Server of the reply; None in direct messages."""
    foreign: bool = False
    """True if the bot was no member of that server, by what the interaction said: a user brought it along."""
    asked_message_id: int | None = None
    """Message of the user that is answered, where there was no interaction."""


@dataclass(frozen=True)
class VideoFile:
    """A finished video on disk, and the name under which people see it."""

    path: Path
    name: str
    size_bytes: int
    spoiler: bool


@dataclass(frozen=True)
class Post:
    """Content of a message."""

    card: Card
    video: VideoFile | None = None


class DeliveryError(Exception):
    """Base of every error that delivering raises: the post is not where it was to be."""


class ReplyUnreachableError(DeliveryError):
    """This route to the user is closed for good (401, 403 or 404): it is never repeated.

    `unknown` is True where Discord says that there is no such thing (404).
    """

    def __init__(self, told: str, *, unknown: bool = False) -> None:
        super().__init__(told)
        self.unknown = unknown


class DeliveryDoubtfulError(DeliveryError):
    """The post may have arrived by a route that is closed now, so making it elsewhere could show it twice."""


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
    """Calls that bring a post to a user. Each raises `DeliveryError`, and nothing else.

    What is returned is the id of the message that now shows the post.
    """

    async def edit_by_token(self, address: ReplyAddress, post: Post) -> int:
        """Edit the reply with the interaction's token."""
        ...

    async def edit_as_bot(self, address: ReplyAddress, post: Post) -> int:
        """Edit the same message as the bot user, through its channel."""
        ...

    async def answer_in_channel(self, address: ReplyAddress, post: Post) -> int:
        """Answer the old message with a new one that mentions the user; repeated calls post once."""
        ...

    async def direct_message(self, address: ReplyAddress, post: Post) -> int:
        """Send the post to the user directly; repeated calls post once."""
        ...

    async def answer_message(self, address: ReplyAddress, post: Post, *, look_first: bool) -> int:
        """Answer the user's own message; repeated calls post once.

        With `look_first` an answer that was posted long ago is found; Discord itself remembers minutes. Where an
        earlier answer of this bot stands that is not of this request's row, what was posted is deleted again and
        `AnsweredElsewhereError` is raised.
        """
        ...

    async def ping(self, address: ReplyAddress, *, by_token: bool) -> None:
        """Mention the user in a new message beside the reply, because an edit notifies no one."""
        ...

    async def find_video(self, address: ReplyAddress, name: str, *, by_token: bool) -> int | None:
        """Return the id of the reply's message if it already shows a video of this name."""
        ...

    async def find_answer(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """Return the id of the message by which `answer_in_channel` made this post, at `since` or later."""
        ...

    async def find_direct(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """Return the id of the message by which `direct_message` made this post, at `since` or later."""
        ...
