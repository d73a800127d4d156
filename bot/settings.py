"""The operator's settings, read from the environment and `.env`; the environment overrides the file.

Each command of `bot/cli` loads them once. `.env.example` documents them for operators.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from bot.setting_types import (
    FOLDER_URL,
    UNFIT,
    AtLeastOne,
    DatabaseUrl,
    HostAndPort,
    Hosts,
    HttpUrl,
    Ids,
    OwnPath,
    PlainSecret,
    Secret,
    StoreUrl,
    Terms,
)

ENV_FILE: Final = Path(".env")


class LogFormat(StrEnum):
    """Format of log lines: text for a terminal, or one JSON object a line for programs."""

    CONSOLE = "console"
    JSON = "json"


class ImageCheck(StrEnum):
    """Choice of the check of pictures and videos for nudity."""

    AUTO = "auto"
    """One that is installed, if any is."""
    OFF = "off"
    OPENNSFW = "opennsfw"
    NUDENET = "nudenet"


class LogLevel(StrEnum):
    """Least severe level that is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True)
class SettingProblem:
    """A setting with an unusable value: its name in the environment and the expected form, never the value."""

    name: str
    expected: str


class BadConfigurationError(Exception):
    """The configuration cannot be used. The text is one line that names each faulty setting, without values."""

    def __init__(self, problems: tuple[SettingProblem, ...]) -> None:
        super().__init__("; ".join(f"{problem.name}: {problem.expected}" for problem in problems))
        self.problems = problems


def _default_log_format() -> LogFormat:
    return LogFormat.CONSOLE if sys.stderr.isatty() else LogFormat.JSON


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _image_check(value: object) -> object:
    """Return the choice for a value of the earlier setting, which was true or false; others as they are."""
    text = str(value).strip().lower() if isinstance(value, str | bool) else value
    match text:
        case "true" | "t" | "yes" | "y" | "on" | "1":
            return ImageCheck.AUTO
        case "false" | "f" | "no" | "n" | "0":
            return ImageCheck.OFF
        case _:
            return text


class Settings(BaseSettings):
    """The whole configuration of the bot.

    A field's description states the expected form. It is the text that an operator reads after a wrong value.
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,  # `NAME=` in .env means the default, not an empty value
        extra="forbid",  # a misspelt name in .env is an error instead of a silent default
        frozen=True,
        hide_input_in_errors=True,  # a wrong value may be a secret in the wrong place
        validate_default=True,
    )

    discord_token: Secret | None = Field(None, description="the bot token from the Discord developer portal")
    discord_api_url: HttpUrl = Field(
        "https://discord.com/api/v10", description="an http(s) address, the base of Discord's REST routes"
    )
    discord_cdn_hosts: Hosts = Field(
        (
            "cdn.discordapp.com",
            "media.discordapp.net",
            "images-ext-1.discordapp.net",
            "images-ext-2.discordapp.net",
        ),
        min_length=1,
        description="host or host:port, separated by commas",
    )
    dimilinks_api_key: Secret | None = Field(None, description="the API key from the DimiLinks console")
    dimilinks_base_url: HttpUrl = Field(
        "https://dimilinks.com/v1", description="an http(s) address, the base of the DimiLinks API"
    )
    dimilinks_group: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = Field(
        None, description="a channel group's name, or nothing"
    )
    database_url: DatabaseUrl | None = Field(
        None, description="sqlite:///path or postgresql://user:password@host/name"
    )
    data_dir: OwnPath = Field(Path("data"), description="a folder for the database, the spool and the media")
    store_url: StoreUrl = Field(FOLDER_URL, description="file://, the data folder, or s3://bucket/prefix")
    aws_access_key_id: PlainSecret | None = Field(None, description="the id of an access key, or nothing")
    aws_secret_access_key: PlainSecret | None = Field(
        None, description="the secret of the access key, or nothing"
    )
    aws_session_token: PlainSecret | None = Field(
        None, description="the token of a temporary access key, or nothing"
    )
    aws_region: str | None = Field(None, description="the region of the bucket, or nothing")
    aws_endpoint_url: HttpUrl | None = Field(
        None, description="an http(s) address of an S3 service, or nothing"
    )
    jobs_at_once: AtLeastOne = Field(20, description="a whole number from 1, jobs running for the whole bot")
    jobs_at_once_per_server: AtLeastOne = Field(
        8, description="a whole number from 1, jobs running for one server"
    )
    jobs_at_once_per_person: AtLeastOne = Field(
        2, description="a whole number from 1, jobs running for one person"
    )
    seconds_a_day: AtLeastOne | None = Field(
        None, description="a whole number from 1, seconds of video that may be bought a day, or nothing"
    )
    seconds_a_day_per_person: AtLeastOne | None = Field(
        None, description="a whole number from 1, seconds of video for one person a day, or nothing"
    )
    allowed_roles: Ids = Field((), description="role ids, separated by commas, or nothing")
    allowed_people: Ids = Field((), description="user ids, separated by commas, or nothing")
    blocked_people: Ids = Field((), description="user ids, separated by commas, or nothing")
    spicy_offered: bool = Field(
        default=True, description="true or false, whether the spicy preset is among the choices at all"
    )
    spicy_in_direct_messages: bool = Field(
        default=False,
        description="true or false, whether the spicy preset works in direct messages with the bot",
    )
    spicy_blocked_servers: Ids = Field((), description="server ids, separated by commas, or nothing")
    held_per_person: AtLeastOne = Field(
        3, description="a whole number from 1, requests of one person in a server that wait for moderators"
    )
    blocked_terms: Terms = Field((), description="words or phrases, separated by commas, or nothing")
    held_terms: Terms = Field((), description="words or phrases, separated by commas, or nothing")
    alert_terms: Terms = Field((), description="words or phrases, separated by commas, or nothing")
    child_memory_mb: Annotated[int, Field(ge=256, le=65_536)] = Field(
        768,
        description="a whole number from 256, MiB of address space for a process that reads pictures or videos",
    )
    image_check: Annotated[ImageCheck, BeforeValidator(_image_check)] = Field(
        ImageCheck.AUTO,
        description="auto, off, opennsfw or nudenet, what scores pictures and results for nudity",
    )
    api_requests_per_s: Annotated[float, Field(ge=0.1, le=100_000)] = Field(
        20.0, description="a number from 0.1, requests to DimiLinks a second"
    )
    expire_after_minutes: AtLeastOne = Field(
        30, description="a whole number from 1, minutes from submission until a job is given up"
    )
    keep_undelivered_days: AtLeastOne = Field(
        7, description="a whole number from 1, days that an undelivered video waits in /jobs"
    )
    keep_pictures_hours: AtLeastOne = Field(
        24, description="a whole number from 1, hours that the pictures of an ended job are kept"
    )
    media_limit_gb: Annotated[float, Field(ge=0.1, le=1_000_000)] = Field(
        5.0, description="a number from 0.1, gigabytes of videos that the data folder may hold"
    )
    media_url: HttpUrl | None = Field(
        None, description="an http(s) address under which MEDIA_ADDRESS is reached from outside, or nothing"
    )
    media_address: HostAndPort | None = Field(
        None, description="host:port to serve linked videos on, or nothing"
    )
    file_mark: bool = Field(
        default=True, description="true or false, whether posted files say in themselves that AI made them"
    )
    visible_mark: bool = Field(
        default=False, description="true or false, whether the first seconds of videos say so as well"
    )
    mark_key: OwnPath | None = Field(
        None, description="a file with a private key in PEM for content credentials, or nothing"
    )
    mark_certificate: OwnPath | None = Field(
        None, description="a file with the certificates of MARK_KEY in PEM, its own first, or nothing"
    )
    stop_grace_s: Annotated[float, Field(ge=0, le=3_600)] = Field(
        75.0,
        description="a number from 0 to 3600, seconds that a stop waits for uploads and purchases under way",
    )
    message_content: bool = Field(
        default=False, description="true or false, whether the bot asks for the message content intent"
    )
    greeting: bool = Field(
        default=False, description="true or false, whether the bot says hello once in a server that it joins"
    )
    presence: bool = Field(
        default=True,
        description="true or false, whether the bot's status tells how many requests are in line",
    )
    metrics_address: HostAndPort | None = Field(
        None, description="host:port to serve Prometheus metrics on, or nothing"
    )
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = Field(
        default_factory=_default_log_format, description="console or json"
    )
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = Field(
        LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("media_address")
    @classmethod
    def _with_its_other_half(cls, address: str | None, info: ValidationInfo) -> str | None:
        # What is not there was refused, and is told by itself.
        if "media_url" in info.data and (address is None) is not (info.data["media_url"] is None):
            raise PydanticCustomError(UNFIT, "set both MEDIA_URL and MEDIA_ADDRESS, or neither")
        return address

    @property
    def has_store(self) -> bool:
        """True if files are kept in a bucket, of which the data folder has copies."""
        return self.store_url != FOLDER_URL

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """All values that must not appear in logs or messages."""
        known = (
            *(self.discord_token, self.dimilinks_api_key, self.database_url),
            *(self.aws_access_key_id, self.aws_secret_access_key, self.aws_session_token),
        )
        return tuple(secret for secret in known if secret is not None)

    @property
    def alive_file(self) -> Path:
        """File whose time of change is when the bot was last found well; only there while it runs."""
        return self.data_dir / "alive"

    @property
    def spool_dir(self) -> Path:
        """Folder of the reference images of jobs that are not submitted yet."""
        return self.data_dir / "spool"

    @property
    def purchases_dir(self) -> Path:
        """Folder of the task ids that the database did not take when they were bought."""
        return self.data_dir / "purchases"

    @property
    def marks_dir(self) -> Path:
        """Folder of the key and the certificate that sign videos, unless the operator has others."""
        return self.data_dir / "marks"

    @property
    def media_dir(self) -> Path:
        """Folder of finished videos: those that are not delivered yet, and originals of delivered ones."""
        return self.data_dir / "media"


def load(overrides: Mapping[str, Any] | None = None, *, env_file: Path | None = ENV_FILE) -> Settings:
    """Read the settings.

    Args:
        overrides: Values by field name, which take precedence over the environment.
        env_file: File of NAME=value lines, over which the environment takes precedence. None reads no file.

    Raises:
        BadConfigurationError: A value is malformed, or the file cannot be read or has a name that is no setting.
    """
    try:
        if env_file is not None and env_file.is_dir():
            env_file.read_bytes()  # raises; pydantic ignores a folder, as Docker mounts for a missing file
        # pyright does not know pydantic-settings' own keyword of the constructor
        return Settings(_env_file=env_file, **(overrides or {}))  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        problems = tuple(_problem(detail["type"], detail["loc"], detail["msg"]) for detail in error.errors())
        raise BadConfigurationError(problems) from None
    except SettingsError:
        raise BadConfigurationError((SettingProblem(str(env_file), "one NAME=value a line"),)) from None
    except UnicodeDecodeError:
        raise BadConfigurationError((SettingProblem(str(env_file), "a text file in UTF-8"),)) from None
    except OSError as error:
        told = f"a file that this user may read ({error.strerror})"
        raise BadConfigurationError((SettingProblem(str(env_file), told),)) from None


def _problem(kind: str, location: tuple[int | str, ...], told: str) -> SettingProblem:
    field = str(location[0])
    if kind == "extra_forbidden":
        return SettingProblem(field.upper(), "no setting has this name; see .env.example")
    if kind == UNFIT:  # our own words, which do not quote the value
        return SettingProblem(field.upper(), f"expected {Settings.model_fields[field].description}; {told}")
    return SettingProblem(field.upper(), f"expected {Settings.model_fields[field].description}")
