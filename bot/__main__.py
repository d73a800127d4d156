"""The command line: `python -m bot run · demo · check · generate`."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import logs, settings
from bot.cli.check import check as run_check
from bot.cli.demo import DemoOptions
from bot.cli.demo import demo as run_demo
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.forget import forget as run_forget
from bot.cli.generate import generate as run_generate
from bot.cli.run import run as run_bot
from bot.services.order import Wish
from bot.settings import LogFormat, LogLevel
from bot.texts import console
from bot.video import Preset, Resolution, Seconds, Size

app = typer.Typer(
    help=console.HELP, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback()
def _main() -> None:
    """Until `run` has read how it is to log, only errors are logged."""
    logs.configure(LogFormat.CONSOLE, LogLevel.ERROR)


Images = Annotated[list[Path] | None, typer.Option("--image", help=console.IMAGE)]
SecondsOption = Annotated[Seconds, typer.Option(help=console.SECONDS)]
SizeOption = Annotated[Size, typer.Option(help=console.SIZE)]
ResolutionOption = Annotated[Resolution, typer.Option(help=console.RESOLUTION)]
PresetOption = Annotated[Preset, typer.Option(help=console.PRESET)]


@app.command(help=console.RUN)
def run() -> None:
    """Run the bot until a signal stops it."""
    _carry_out(run_bot(_load_settings()))


@app.command(help=console.DEMO)
def demo(
    *,
    prompt: Annotated[str, typer.Option(help=console.PROMPT)] = console.DEMO_PROMPT,
    image: Images = None,
    seconds: SecondsOption = Seconds.S6,
    size: SizeOption = Size.LANDSCAPE,
    resolution: ResolutionOption = Resolution.P720,
    preset: PresetOption = Preset.NORMAL,
    out: Annotated[Path, typer.Option(help=console.OUT_FOLDER)] = Path("demo-out"),
) -> None:
    """Watch one command from prompt to mp4, without any account."""
    images = tuple(image or ())
    wish = Wish(prompt, seconds, size, resolution, preset, len(images))
    _carry_out(run_demo(DemoOptions(wish, images, out)))


@app.command(help=console.CHECK)
def check() -> None:
    """Verify what can be verified without buying anything."""
    if not asyncio.run(run_check(typer.echo)):
        raise typer.Exit(ExitStatus.FAILED)


@app.command(help=console.GENERATE)
def generate(
    *,
    prompt: Annotated[str, typer.Argument(help=console.PROMPT)],
    out: Annotated[Path, typer.Option("-o", "--out", help=console.OUT_FILE)],
    image: Images = None,
    seconds: SecondsOption = Seconds.S6,
    size: SizeOption = Size.LANDSCAPE,
    resolution: ResolutionOption = Resolution.P720,
    preset: PresetOption = Preset.NORMAL,
) -> None:
    """Make one real video without Discord."""
    loaded = _load_settings()
    images = tuple(image or ())
    wish = Wish(prompt, seconds, size, resolution, preset, len(images), loaded.dimilinks_group)
    _carry_out(run_generate(loaded, wish, images, out))


@app.command(help=console.FORGET)
def forget(person: Annotated[int, typer.Argument(help=console.PERSON)]) -> None:
    """Remove what somebody wrote."""
    _carry_out(run_forget(_load_settings(), person))


def _load_settings() -> settings.Settings:
    try:
        return settings.load()
    except settings.BadConfigurationError as error:
        typer.echo(console.bad_configuration(str(error)), err=True)
        raise typer.Exit(ExitStatus.BAD_CONFIGURATION) from None


def _carry_out(command: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(command)
    except CommandFailedError as failed:
        typer.echo(str(failed), err=True)
        raise typer.Exit(failed.status) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitStatus.FAILED) from None


if __name__ == "__main__":
    sys.exit(app())
