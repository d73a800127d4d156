"""Configuration of structlog for the bot's and the libraries' log events: one line each, without secrets."""

import json
import logging
import sys
from collections.abc import MutableMapping, Sequence
from typing import Any, Final

import structlog
from pydantic import SecretStr

from bot.settings import LogFormat, LogLevel

_HIDDEN: Final = "(hidden)"
_QUIET_LIBRARIES: Final = ("discord", "aiohttp", "aiosqlite", "asyncio", "PIL")
"""Logged from INFO. Their DEBUG lines quote whole events, addresses and rows, which contain Discord's interaction
tokens."""

_SILENT_LIBRARIES: Final = ("alembic", "sqlalchemy")
"""Logged from WARNING. Their INFO lines quote every SQL statement."""

Event = MutableMapping[str, Any]


class _SecretFilter:
    """Replaces known secrets in finished log lines. No code logs them on purpose; this catches what slips by."""

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        # Each as it is, as JSON escapes it, and as repr() escapes it.
        values = [secret.get_secret_value() for secret in secrets]
        self._secrets = {
            spelling for value in values for spelling in (value, json.dumps(value)[1:-1], repr(value)[1:-1])
        }

    def __call__(self, _logger: object, _method: str, rendered: Any) -> str:  # noqa: ANN401 - structlog's type
        line = str(rendered)
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line


def configure(log_format: LogFormat, level: LogLevel, secrets: Sequence[SecretStr] = ()) -> None:
    """Send all log lines of the process to standard error, with the values of `secrets` replaced.

    Args:
        log_format: Rendering of the lines.
        level: Least severe level that is logged, for the bot and for libraries that are not held back here.
        secrets: Values that must appear in no line.
    """
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        # What is not logged is not made: each answer of the video service has a line for debugging.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger would keep the configuration of its first use, but `run` configures a second time.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(log_format),
                # Last, on the rendered text: a secret may be anywhere in an event, even inside an exception.
                _SecretFilter(secrets),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.value)
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    for name in _SILENT_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _renderers(log_format: LogFormat) -> list[Any]:
    # Plain tracebacks: structlog's rich ones print local variables, which may hold secrets.
    match log_format:
        case LogFormat.CONSOLE:
            return [
                structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
                )
            ]
        case LogFormat.JSON:
            return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
