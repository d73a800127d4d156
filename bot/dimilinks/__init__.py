"""A client for the DimiLinks video API. Knows HTTP and the API; nothing of Discord, jobs or image formats."""

from bot.dimilinks.body import ReferenceBody
from bot.dimilinks.client import VIDEO_LIMIT_BYTES, DimiLinks
from bot.dimilinks.errors import (
    BadKeyError,
    ConnectionFailedError,
    DimiLinksError,
    ErrorKind,
    InsufficientBalanceError,
    InvalidReferenceImageError,
    InvalidRequestError,
    ModelNotAllowedError,
    NotFoundError,
    OtherRefusalError,
    Purchase,
    RateLimitedError,
    ReferenceBodyError,
    ServerError,
    TimedOutError,
    TruncatedVideoError,
    UnexpectedRedirectError,
    UnreadableAnswerError,
    VideoMissingError,
    VideoTooLargeError,
)
from bot.dimilinks.mp4 import Mp4Verdict, judge_mp4
from bot.dimilinks.pace import Pace, RequestKind
from bot.dimilinks.task import Download, Submission, Task, TaskError, TaskPhase, TaskStatus
from bot.dimilinks.timeouts import ApiTimeouts

__all__ = [
    "VIDEO_LIMIT_BYTES",
    "ApiTimeouts",
    "BadKeyError",
    "ConnectionFailedError",
    "DimiLinks",
    "DimiLinksError",
    "Download",
    "ErrorKind",
    "InsufficientBalanceError",
    "InvalidReferenceImageError",
    "InvalidRequestError",
    "ModelNotAllowedError",
    "Mp4Verdict",
    "NotFoundError",
    "OtherRefusalError",
    "Pace",
    "Purchase",
    "RateLimitedError",
    "ReferenceBody",
    "ReferenceBodyError",
    "RequestKind",
    "ServerError",
    "Submission",
    "Task",
    "TaskError",
    "TaskPhase",
    "TaskStatus",
    "TimedOutError",
    "TruncatedVideoError",
    "UnexpectedRedirectError",
    "UnreadableAnswerError",
    "VideoMissingError",
    "VideoTooLargeError",
    "judge_mp4",
]
