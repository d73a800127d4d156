"""The line of `python -m bot check` about content credentials: the key and its certificate sign something."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.cli.check_line import CheckLine
from bot.extras import Extra, install_command
from bot.settings import BadConfigurationError, Settings
from bot.texts import console_marks
from bot.video_files.credentials import ContentCredentials, IdentityFiles, Prepared, signing_pool
from bot.wiring.marks import chosen_identity

_NAME: Final = "content credentials"
_MIB_BYTES: Final = 1024 * 1024


async def check_marks(settings: Settings, import_paths: Sequence[Path] = ()) -> CheckLine:
    """Check that videos can be signed, if they are to be.

    Args:
        settings: The configuration.
        import_paths: Further folders to import from, for tests.
    """
    try:
        files = chosen_identity(settings, import_paths)
    except BadConfigurationError as error:
        return CheckLine(_NAME, passed=False, told=str(error))
    if files is None:
        told = console_marks.SIGNING_OFF
        if settings.file_mark:
            told = console_marks.signing_not_installed(install_command(Extra.MARKS))
        return CheckLine(_NAME, passed=True, told=told)
    try:
        made_later = files.made_here and not files.key.exists()
    except OSError as error:  # a folder of another user's
        return CheckLine(_NAME, passed=False, told=f"{files.key}: {error.strerror}")
    with tempfile.TemporaryDirectory(prefix="stillmotion-check-") as folder:
        # What the bot makes for itself is made at its start; here it is only seen that it can be.
        tried = replace(files, key=Path(folder, "key.pem"), certificate=Path(folder, "certificate.pem"))
        prepared = await _prepared(settings, tried if made_later else files, import_paths)
    if prepared.until is None:
        told = console_marks.signing_fails(prepared.fault, settings.mark_key)
        return CheckLine(_NAME, passed=False, told=told)
    told = console_marks.SIGNING_MADE_LATER if made_later else console_marks.signing_works(prepared.until)
    return CheckLine(_NAME, passed=True, told=told)


async def _prepared(settings: Settings, files: IdentityFiles, import_paths: Sequence[Path]) -> Prepared:
    async with signing_pool(settings.child_memory_mb * _MIB_BYTES, import_paths) as pool:
        return await ContentCredentials(pool, files).prepare()
