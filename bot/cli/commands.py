"""The commands and their options. Each imports what it needs when it is called, which keeps `--help` quick."""

import signal
import sys
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.interruption import raise_on_interrupt
from bot.texts import console, console_backup, console_demo, console_move
from bot.video import Preset, Resolution, Seconds, Size

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(
    help=console.HELP, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)
_Result = TypeVar("_Result")
_LARGEST_ID = 2**63 - 1  # that a column takes

Images = Annotated[list[Path] | None, typer.Option("--image", help=console.IMAGE)]
SecondsOption = Annotated[Seconds, typer.Option(help=console.SECONDS)]
SizeOption = Annotated[Size | None, typer.Option(help=console.SIZE)]
ResolutionOption = Annotated[Resolution, typer.Option(help=console.RESOLUTION)]
PresetOption = Annotated[Preset, typer.Option(help=console.PRESET)]
OutOption = Annotated[Path, typer.Option("-o", "--out", help=console.OUT_FILE)]
ForceOption = Annotated[bool, typer.Option("--force", help=console.FORCE)]


def _print_version(value: bool) -> None:  # noqa: FBT001 - as typer calls it
    if value:
        from bot import __version__
        from bot.cli.screen import print_result

        with _told_failures():
            print_result(console.version(__version__))
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help=console.VERSION, callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command(help=console.RUN)
def run() -> None:
    """Run the bot until a signal stops it."""
    _run_as("run")


@app.command(help=console.GATEWAY)
def gateway() -> None:
    """Answer people, beside workers."""
    _run_as("gateway")


@app.command(help=console.WORKER)
def worker() -> None:
    """Run jobs, beside a gateway."""
    _run_as("worker")


def _run_as(role: str) -> None:
    # structlog loads Rich where it can, for traces that the bot's log does not use: 6 MB for nothing. A module
    # that is None counts as absent (Python's reference, *The import system*).
    sys.modules["rich"] = None  # pyright: ignore[reportArgumentType]
    from bot import interpreter

    interpreter.hold_back()
    from bot.cli.run import Role
    from bot.cli.run import run as run_bot

    _carry_out(run_bot(_load_settings(), Role(role)))


@app.command(help=console_demo.DEMO)
def demo(
    *,
    prompt: Annotated[str, typer.Option(help=console.PROMPT)] = console_demo.PROMPT,
    image: Images = None,
    seconds: SecondsOption = Seconds.S6,
    size: SizeOption = None,
    resolution: ResolutionOption = Resolution.P720,
    preset: PresetOption = Preset.NORMAL,
    out: Annotated[Path, typer.Option(help=console.OUT_FOLDER)] = Path("demo-out"),
    as_json: Annotated[bool, typer.Option("--json", help=console_demo.JSON)] = False,
) -> None:
    """Watch one command from prompt to mp4, without any account."""
    _require_demo()
    from bot.cli.demo.command import DemoOptions
    from bot.cli.demo.command import demo as run_demo
    from bot.services.order import VideoOptions, VideoOrder

    images = tuple(image or ())
    options = VideoOptions(seconds=seconds, size=size, resolution=resolution, preset=preset)
    order = VideoOrder(prompt=prompt, options=options)
    _log_errors_only()
    _carry_out_interruptible(run_demo(DemoOptions(order, images, out, as_json)))


@app.command(help=console.CHECK)
def check(
    *, digest: Annotated[list[str] | None, typer.Option("--digest", help=console.DIGEST)] = None
) -> None:
    """Verify what can be verified without buying anything."""
    from bot.cli.check import check as run_check
    from bot.cli.screen import print_result
    from bot.moderation.audit.checkpoint import typed_checkpoint

    _log_errors_only()
    try:
        known = [typed_checkpoint(one) for one in digest or ()]
    except ValueError:
        raise typer.BadParameter(console.DIGEST_FORM, param_hint="--digest") from None
    if not _carry_out_interruptible(run_check(print_result, known)):
        raise typer.Exit(ExitStatus.FAILED)


@app.command(help=console.GENERATE)
def generate(
    *,
    prompt: Annotated[str, typer.Argument(help=console.PROMPT)],
    out: OutOption,
    image: Images = None,
    seconds: SecondsOption = Seconds.S6,
    size: SizeOption = None,
    resolution: ResolutionOption = Resolution.P720,
    preset: PresetOption = Preset.NORMAL,
    force: ForceOption = False,
    yes: Annotated[bool, typer.Option("--yes", help=console.YES)] = False,
) -> None:
    """Make one real video without Discord."""
    from bot.cli.generate import TypedOrder, ask_before_spending, checked_request
    from bot.cli.generate import generate as run_generate

    loaded = _load_settings()
    images, group = tuple(image or ()), loaded.dimilinks_group
    _log_errors_only()
    with _told_failures():
        order = TypedOrder(prompt, images, seconds, size, resolution, preset, group)
        request = checked_request(order, out, force=force)
        if not yes:
            # Outside of asyncio, which would hold a Ctrl-C back until the question is answered.
            ask_before_spending(request)
    _carry_out_interruptible(run_generate(loaded, request, images, out, fits_picture=size is None))


@app.command(help=console.FETCH)
def fetch(
    *,
    task_id: Annotated[str, typer.Argument(help=console.TASK_ID)],
    out: OutOption,
    force: ForceOption = False,
) -> None:
    """Save the video of a task."""
    from bot.cli.fetch import fetch as run_fetch

    loaded = _load_settings()
    _log_errors_only()
    _carry_out_interruptible(run_fetch(loaded, task_id, out, force=force))


@app.command(help=console.UNKNOWN)
def unknown() -> None:
    """List the requests of unknown outcome."""
    from bot.cli.unknown import unknown as run_unknown

    loaded = _load_settings()
    _log_errors_only()
    _carry_out_interruptible(run_unknown(loaded))


@app.command(help=console.RESOLVE)
def resolve(
    *,
    job: Annotated[str, typer.Argument(help=console.JOB_ID)],
    task: Annotated[str | None, typer.Option("--task", help=console.FOUND_TASK)] = None,
    not_bought: Annotated[bool, typer.Option("--not-bought", help=console.FOUND_NOT_BOUGHT)] = False,
) -> None:
    """Decide about a request of unknown outcome."""
    from bot.cli.resolve import resolve as run_resolve

    loaded = _load_settings()
    _log_errors_only()
    _carry_out_interruptible(run_resolve(loaded, job, task_id=task, not_bought=not_bought))


@app.command(help=console.FORGET)
def forget(person: Annotated[int, typer.Argument(help=console.PERSON, min=1, max=_LARGEST_ID)]) -> None:
    """Remove what a user wrote."""
    from bot.cli.forget import forget as run_forget

    _log_errors_only()
    _carry_out_interruptible(run_forget(_load_settings(), person))


@app.command(help=console_backup.BACKUP)
def backup(
    *,
    file: Annotated[Path, typer.Argument(help=console_backup.BACKUP_FILE)],
    force: ForceOption = False,
) -> None:
    """Write the bot's data into one file."""
    from bot.cli.backup import backup as run_backup

    loaded = _load_settings()
    _log_errors_only()
    _carry_out_blocking(lambda: run_backup(loaded, file, force=force))


@app.command(help=console_backup.RESTORE)
def restore(file: Annotated[Path, typer.Argument(help=console_backup.RESTORE_FILE)]) -> None:
    """Put a backup back."""
    from bot.cli.restore import restore as run_restore

    loaded = _load_settings()
    _log_errors_only()
    _carry_out_blocking(lambda: run_restore(loaded, file))


@app.command(name="move-to", help=console_move.MOVE_TO)
def move_to(
    *,
    address: Annotated[str | None, typer.Argument(help=console_move.ADDRESS, show_default=False)] = None,
    back_to_file: Annotated[bool, typer.Option("--back-to-file", help=console_move.BACK_TO_FILE)] = False,
) -> None:
    """Move the database to a server."""
    from bot.cli import move_to as commands

    if (address is None) is not back_to_file:
        raise typer.BadParameter(console_move.ONE_OF_BOTH)
    loaded = _load_settings()
    _log_errors_only()
    if address is None:
        _carry_out_blocking(lambda: commands.back_to_file(loaded))
    else:
        _carry_out_blocking(lambda: commands.move_to(loaded, address))


def _require_demo() -> None:
    from bot.extras import Extra, demo_is_installed, install_command

    if not demo_is_installed():
        typer.echo(console.demo_not_installed(install_command(Extra.DEMO)), err=True)
        raise typer.Exit(ExitStatus.FAILED)


def _load_settings() -> "Settings":
    from bot import settings

    try:
        return settings.load()
    except settings.BadConfigurationError as error:
        typer.echo(console.bad_configuration(str(error)), err=True)
        raise typer.Exit(ExitStatus.BAD_CONFIGURATION) from None


def _log_errors_only() -> None:
    from bot import logs
    from bot.settings import LogFormat, LogLevel

    logs.configure(LogFormat.CONSOLE, LogLevel.ERROR)


def _carry_out_interruptible(command: Coroutine[Any, Any, _Result]) -> _Result:
    """Return what the command returns. A signal cancels it, and ends the process when it has cleaned up."""
    import asyncio

    raise_on_interrupt()
    try:
        return _carry_out(command)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(ExitStatus.INTERRUPTED) from None


def _carry_out(command: Coroutine[Any, Any, _Result]) -> _Result:
    import asyncio

    with _told_failures():
        return asyncio.run(command)


def _carry_out_blocking(command: Callable[[], None]) -> None:
    """Call the command. A signal raises in the middle of it, and ends the process when it has cleaned up."""
    raise_on_interrupt(signal.SIGINT, signal.SIGTERM)
    try:
        with _told_failures():
            command()
    except KeyboardInterrupt:
        raise typer.Exit(ExitStatus.INTERRUPTED) from None


@contextmanager
def _told_failures() -> Generator[None]:
    """End the process with the line and the status of a command that failed."""
    try:
        yield
    except CommandFailedError as failed:
        typer.echo(str(failed), err=True)
        raise typer.Exit(failed.status) from None
