"""Logging: structlog for our own events and the libraries', one line each, without secrets."""

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
"""Their DEBUG lines quote whole events, addresses and rows, with the interactions' tokens in them."""

_SILENT_LIBRARIES: Final = ("alembic", "sqlalchemy")
"""Their INFO lines quote every statement."""

Event = MutableMapping[str, Any]


class _SecretFilter:
    """Blanks known secrets wherever they appear in an event, as the last line of defence."""

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        # As it is, and as it looks inside JSON and inside a printed Python object.
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
    """Send every log line to standard error. Values of `secrets` are blanked in all of them."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(log_format),
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
    # Plain traces on purpose: the richer ones print local variables, secrets among them.
    match log_format:
        case LogFormat.CONSOLE:
            return [
                structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
                )
            ]
        case LogFormat.JSON:
            return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
