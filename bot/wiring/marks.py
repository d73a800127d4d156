"""Chooses what finished videos are signed with: the operator's key and certificate, or those of the bot's own."""

from collections.abc import Sequence
from pathlib import Path

from bot.extras import Extra, install_command
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.video_files.credentials import IdentityFiles, is_installed


def chosen_identity(settings: Settings, import_paths: Sequence[Path] = ()) -> IdentityFiles | None:
    """Return the files of the key and its certificates; None if videos are not signed.

    Args:
        settings: The operator's choice.
        import_paths: Further folders to import from, for tests.

    Raises:
        BadConfigurationError: There is a key without a certificate or the other way round, or what would sign with
            them is not installed.
    """
    key, certificate = settings.mark_key, settings.mark_certificate
    if (key is None) != (certificate is None):
        problem = SettingProblem("MARK_KEY, MARK_CERTIFICATE", "one without the other; set both or none")
        raise BadConfigurationError((problem,))
    if not settings.file_mark:
        return None
    if not is_installed(import_paths):
        if key is None:
            return None
        command = install_command(Extra.MARKS)
        problem = SettingProblem("MARK_KEY", f"what signs is not installed; install it with {command}")
        raise BadConfigurationError((problem,))
    if key is not None and certificate is not None:
        return IdentityFiles(key, certificate, made_here=False)
    folder = settings.marks_dir
    return IdentityFiles(folder / "key.pem", folder / "certificate.pem", made_here=True)
