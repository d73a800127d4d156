"""Messages of delivery: addresses, posts, the calls to Discord, and the errors that these raise."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, Self

from pydantic import SecretStr

from bot.delivery.card import Card
from bot.texts.cards import PROMPT_LEFT_OUT
from bot.texts.messages import Language

_TOKEN_REFUSED_STATUS: Final = 401
_UNKNOWN_STATUS: Final = 404
_UNKNOWN_WEBHOOK_CODE: Final = 10015
_UNKNOWN_INTERACTION_CODE: Final = 10062


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
    """True if the bot was no member of that server, or of that group chat or direct message of others, by what the
    interaction said: a user brought it along."""
    rules_channel_id: int | None = None
    """Channel whose rules count: of a thread, its parent, as the event said. None for a reply that was stored by a
    version that kept none."""
    asked_message_id: int | None = None
    """Message of the user that is answered, where there was no interaction."""


@dataclass(frozen=True)
class FileLabel:
    """Name of a file as users see it, and its description for those who do not see the picture (alt text)."""

    name: str
    description: str


@dataclass(frozen=True)
class VideoFile:
    """A finished video on disk, and what people see of it besides."""

    path: Path
    size_bytes: int
    spoiler: bool
    label: FileLabel
    unquoted: FileLabel
    """The label without a word of the prompt."""
    ending: str
    """End of the name, by which the video is found in a message: no other job's video has it."""


@dataclass(frozen=True)
class Post:
    """Content of a message."""

    card: Card
    video: VideoFile | None = None

    def without_quote(self) -> Self:
        """Return the post without the prompt: in the card, in the name of the file and in its description."""
        left_out = PROMPT_LEFT_OUT.in_language(self.card.language)
        card = replace(self.card, prompt="…", small_print=(*self.card.small_print, left_out))
        video = self.video and replace(self.video, label=self.video.unquoted)
        return replace(self, card=card, video=video)


class DeliveryError(Exception):
    """Base of every error that delivering raises: the post is not where it was to be."""


class ReplyUnreachableError(DeliveryError):
    """This route to the user is closed (401, 403 or 404)."""

    def __init__(self, told: str, *, status: int = 0, code: int = 0) -> None:
        """Args: `status` and `code` are Discord's; 0 if Discord was not asked."""
        super().__init__(told)
        self._status = status
        self._code = code

    @property
    def unknown(self) -> bool:
        """True where Discord says that there is no such thing."""
        return self._status == _UNKNOWN_STATUS

    @property
    def token_refused(self) -> bool:
        """True where Discord does not take the token, which is too old as a rule."""
        return self._status == _TOKEN_REFUSED_STATUS

    @property
    def may_pass(self) -> bool:
        """True where a living token is refused now and then, and taken a moment later (Discord's issue 6851)."""
        unknown = self.unknown and self._code in {_UNKNOWN_WEBHOOK_CODE, _UNKNOWN_INTERACTION_CODE}
        return self.token_refused or unknown


class DeliveryDoubtfulError(DeliveryError):
    """The post may have arrived by a route that is closed now, so making it elsewhere could show it twice."""


class PostForbiddenError(DeliveryError):
    """The rules do not allow the post where it would be made."""


class UploadTooLargeError(DeliveryError):
    """Discord does not take a file of this size here (413, or codes 40005 and 50045)."""


class PostRefusedError(DeliveryError):
    """Discord refuses this very message (another 400): repeating it is no use."""


class ThreadClosedError(PostRefusedError):
    """The thread is archived or locked, and the bot may not open it (codes 50083 and 160005): it may work later."""


class WordsRefusedError(PostRefusedError):
    """AutoMod, or Discord's filter of links, refuses the message for its words (400, 200000, 200001 and 240000)."""


class AnsweredElsewhereError(DeliveryError):
    """Another process under the same token answered first."""


class DiscordUnavailableError(DeliveryError):
    """Discord did not answer, answered 5xx or kept rate limiting: the same call may work later."""


class NotCarriedOutError(DiscordUnavailableError):
    """Discord limits the rate, or was not reached: what was asked was surely not done."""


class PermissionUntoldError(NotCarriedOutError):
    """Discord does not tell at present what the rules need to know to allow the post, which was not begun."""


class AnswerUnreadableError(DiscordUnavailableError):
    """An answer came that Discord does not give, such as a page: what was asked may have been done."""


@dataclass(frozen=True)
class ShownReply:
    """Contents of a message: its texts, one below the other, and the paths of its media."""

    message_id: int
    text: str
    media: tuple[str, ...]
    is_announcement: bool
    """True if it shows no more than that an answer will come."""


class Messages(Protocol):
    """Calls that bring a post to a user. Each raises `DeliveryError`, and nothing else.

    What is returned is the id of the message that now shows the post.
    """

    async def edit_by_token(self, address: ReplyAddress, post: Post) -> int:
        """Edit the reply with the interaction's token."""
        ...

    async def edit_as_bot(self, address: ReplyAddress, post: Post, *, opens_thread: bool = True) -> int:
        """Edit the same message as the bot user, through its channel; in an archived thread if `opens_thread`."""
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

    async def find_video(self, address: ReplyAddress, ending: str, *, by_token: bool) -> int | None:
        """Return the id of the reply's message if it already shows a video whose name ends so."""
        ...

    async def read_reply(self, address: ReplyAddress, *, by_token: bool) -> ShownReply:
        """Return what the reply's message shows."""
        ...

    async def find_answer(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """Return the id of the message by which `answer_in_channel` made this post, at `since` or later."""
        ...

    async def find_direct(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """Return the id of the message by which `direct_message` made this post, at `since` or later."""
        ...
