"""`python -m bot check`: verifies configuration, database, Discord token and API key without buying anything."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bot.app import closed_folder
from bot.cli.check_line import CheckLine
from bot.cli.decoding_check import check_decoding
from bot.cli.file_check import check_files
from bot.cli.image_check import check_images
from bot.cli.install_checks import check_install_link, check_permissions
from bot.cli.local_checks import check_env_file, check_links, check_metrics
from bot.cli.mark_check import check_marks
from bot.cli.process_checks import check_processes
from bot.cli.remote_checks import check_commands, check_intents, check_key, check_token
from bot.moderation.audit.chain import Checkpoint, Flaw
from bot.moderation.audit.checkpoint import (
    DIGEST_NAME,
    CheckpointFileState,
    checkpoint_file_state,
    read_checkpoints,
)
from bot.moderation.audit.store import LogReport, verify_log
from bot.settings import BadConfigurationError, Settings, load
from bot.storage.address import database_address
from bot.storage.errors import StorageError
from bot.storage.inspection import DatabaseReport, inspect_database_in_thread
from bot.storage.migrate import SchemaState
from bot.texts import console
from bot.video import Seconds

_SHORTEST_S: Final = min(int(choice.value) for choice in Seconds)
_ENDED_TOLD_FOR: Final = timedelta(days=30)
_NEED_THE_TOKEN: Final[Mapping[Callable[[Settings], Awaitable[CheckLine]], str]] = {
    check_intents: "intents",
    check_commands: "commands",
    check_install_link: "install link",
    check_permissions: "permissions",
}
"""Checks that could only repeat what the token's says if Discord does not answer it, and their names."""
_FLAWS: Final[Mapping[Flaw, str]] = {
    Flaw.NUMBER_SKIPPED: console.AUDIT_NUMBER_SKIPPED,
    Flaw.UNREADABLE: console.AUDIT_UNREADABLE,
    Flaw.PREVIOUS_DIFFERS: console.AUDIT_PREVIOUS_DIFFERS,
    Flaw.DIGEST_DIFFERS: console.AUDIT_DIGEST_DIFFERS,
    Flaw.PROMPT_DIFFERS: console.AUDIT_PROMPT_DIFFERS,
    Flaw.KNOWN_DIGEST_MISSING: console.AUDIT_DIGEST_MISSING,
}


async def check(print_line: Callable[[str], None], known: Sequence[Checkpoint] = ()) -> bool:
    """Run all checks and print a line for each. Returns True if all passed.

    `known` are entries that have to stand in the audit log, beside those that the data folder knows.
    """
    found = await asyncio.to_thread(check_env_file)
    _print(found, print_line)
    try:
        settings = load()
    except BadConfigurationError as error:
        print_line(console.check_line("configuration", str(error), passed=False))
        return False
    checks: tuple[Callable[[Settings], Awaitable[CheckLine]], ...] = (
        _configuration,
        _data_folder,
        check_files,
        _database,
        _outcomes,
        partial(_audit_log, known),
        check_decoding,
        check_images,
        check_marks,
        check_links,
        check_metrics,
        check_token,
        check_intents,
        check_commands,
        check_install_link,
        check_permissions,
        check_key,
    )
    all_passed, discord_answers = True, True
    for one in checks:
        name = _NEED_THE_TOKEN.get(one)
        if name is not None and not discord_answers:
            finding = CheckLine(name, passed=False, told=console.NOT_ASKED)
        else:
            finding = await one(settings)
        discord_answers = discord_answers and (one is not check_token or finding.passed)
        all_passed = all_passed and finding.passed
        _print(finding, print_line)
        if one is _outcomes:
            for about_process in await check_processes(settings):
                _print(about_process, print_line)
    return all_passed


def _print(line: CheckLine, print_line: Callable[[str], None]) -> None:
    print_line(console.check_line(line.name, line.told, passed=line.passed, warns=line.warns))


async def _configuration(settings: Settings) -> CheckLine:
    limits = {
        "SECONDS_A_DAY": settings.seconds_a_day,
        "SECONDS_A_DAY_PER_PERSON": settings.seconds_a_day_per_person,
    }
    too_small = [name for name, limit in limits.items() if limit is not None and limit < _SHORTEST_S]
    if too_small:
        return CheckLine("configuration", passed=False, told=console.limits_too_small(too_small, _SHORTEST_S))
    return CheckLine("configuration", passed=True, told=console.CONFIGURATION_OK)


async def _data_folder(settings: Settings) -> CheckLine:
    try:
        await asyncio.to_thread(_write_something, settings.data_dir)
    except OSError as error:
        return CheckLine("data folder", passed=False, told=f"{settings.data_dir}: {error.strerror}")
    closed = await asyncio.to_thread(closed_folder, settings)
    if closed is not None:
        return CheckLine("data folder", passed=False, told=console.folder_closed(str(closed)))
    return CheckLine("data folder", passed=True, told=str(settings.data_dir.resolve()))


def _database_url(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() if settings.database_url is not None else None


async def _report(settings: Settings) -> DatabaseReport:
    since = datetime.now(UTC) - _ENDED_TOLD_FOR
    return await inspect_database_in_thread(_database_url(settings), settings.data_dir, since=since)


async def _database(settings: Settings) -> CheckLine:
    try:
        report = await _report(settings)
    except StorageError as error:
        return CheckLine("database", passed=False, told=str(error))
    if report.problems:
        return CheckLine("database", passed=False, told=f"{report.name}: {'; '.join(report.problems[:3])}")
    path = report.name
    match report.standing:
        case SchemaState.FOREIGN:
            passed, told = False, console.database_foreign(path)
        case SchemaState.NEWER:
            passed, told = False, console.database_newer(path)
        case SchemaState.NEW:
            new = console.server_database_new if report.on_server else console.database_new
            passed, told = True, new(path)
        case SchemaState.OLDER:
            older = console.server_database_older if report.on_server else console.database_older
            passed, told = True, older(path)
        case SchemaState.CURRENT | None:
            whole = console.server_database_ok if report.on_server else console.database_ok
            passed, told = True, whole(path, report.size_bytes, report.in_use_by)
    return CheckLine("database", passed=passed, told=told)


async def _outcomes(settings: Settings) -> CheckLine:
    try:
        report = await _report(settings)
    except StorageError as error:
        return CheckLine("jobs", passed=False, told=str(error))
    told = console.jobs_found(
        report.unfinished or 0, report.undelivered or 0, report.unknown or 0, report.mismatched or 0
    )
    if report.miscounted:
        return CheckLine("jobs", passed=False, told=f"{told}; {console.quota_miscounted(report.miscounted)}")
    return CheckLine("jobs", passed=True, told=told)


async def _audit_log(known: Sequence[Checkpoint], settings: Settings) -> CheckLine:
    try:
        report, state = await asyncio.to_thread(_verified_log, settings, known)
    except (StorageError, OSError) as error:
        return CheckLine("audit log", passed=False, told=str(error))
    broken = report.broken
    if broken is not None:
        told = console.audit_broken(broken.number, _FLAWS[broken.flaw])
        return CheckLine("audit log", passed=False, told=told)
    if report.entries and state is not CheckpointFileState.READABLE:
        path, unreadable = str(settings.data_dir / DIGEST_NAME), state is CheckpointFileState.UNREADABLE
        told = console.audit_not_vouched_for(report.entries, path, unreadable=unreadable)
        # A digest that the operator knows from elsewhere tells the same.
        return CheckLine("audit log", passed=bool(known) and not unreadable, told=told)
    return CheckLine("audit log", passed=True, told=console.audit_unbroken(report.entries))


def _verified_log(settings: Settings, known: Sequence[Checkpoint]) -> tuple[LogReport, CheckpointFileState]:
    state = checkpoint_file_state(settings.data_dir)
    found = (*known, *read_checkpoints(settings.data_dir))
    return verify_log(database_address(_database_url(settings), settings.data_dir), found), state


def _write_something(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"check")
