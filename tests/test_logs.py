"""Logging: one line each, on standard error, and never a secret."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
import structlog
from pydantic import SecretStr

from bot import logs
from bot.settings import LogFormat, LogLevel

SECRET = 'tok"en/with%odd chars-1234567890'


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    quiet = {name: logging.getLogger(name).level for name in ("discord", "aiohttp", "asyncio", "PIL")}
    yield
    root.handlers, root.level = handlers, level
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def logged(log_format: LogFormat, level: LogLevel = LogLevel.DEBUG) -> str:
    """What lands on standard error when a secret is logged in every way that it could be."""
    stream = io.StringIO()
    with redirect_stderr(stream):
        logs.configure(log_format, level, [SecretStr(SECRET)])
        log = structlog.get_logger("ours")
        log.info("job_moved", job="j1", token=SECRET)
        log.info(SECRET)
        logging.getLogger("library").warning("sent %s", SECRET)
        try:
            int(f"bad header {SECRET}")
        except ValueError:
            log.exception("job_broke", nested={"headers": [SECRET]})
    return stream.getvalue()


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_a_secret_is_blanked_wherever_it_is_logged(log_format: LogFormat) -> None:
    text = logged(log_format)
    assert "job_moved" in text
    assert "ValueError" in text
    assert "1234567890" not in text
    assert "(hidden)" in text


def test_json_lines_are_whole_objects_with_level_time_and_fields() -> None:
    lines = [json.loads(line) for line in logged(LogFormat.JSON).splitlines()]
    assert [line["level"] for line in lines] == ["info", "info", "warning", "error"]
    assert lines[0]["event"] == "job_moved"
    assert lines[0]["job"] == "j1"
    assert lines[0]["timestamp"].endswith("Z")


def test_the_level_silences_what_is_below_it() -> None:
    text = logged(LogFormat.CONSOLE, LogLevel.ERROR)
    assert "job_moved" not in text
    assert "job_broke" in text


def test_the_libraries_debug_lines_are_never_shown() -> None:
    stream = io.StringIO()
    with redirect_stderr(stream):
        logs.configure(LogFormat.CONSOLE, LogLevel.DEBUG)
        logging.getLogger("discord.http").debug("a line that quotes a whole event")
        logging.getLogger("discord.http").warning("a line that matters")
    assert "whole event" not in stream.getvalue()
    assert "matters" in stream.getvalue()
