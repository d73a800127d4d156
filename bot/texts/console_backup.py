"""Sentences of `backup` and `restore`. The operator reads them in English."""

from datetime import datetime
from typing import Final

from bot.texts.durations import megabytes

BACKUP: Final = (
    "Write the bot's data into one file: database, videos that wait, pictures, keys; also while the bot runs."
)
RESTORE: Final = (
    "Put a backup back, while the bot is stopped. What is there now is kept aside, and nothing is bought before "
    "those who wait were asked."
)
BACKUP_FILE: Final = "The file to write, such as stillmotion.tar.gz."
RESTORE_FILE: Final = "A file that `backup` wrote, or a copy of the database in `backups/`."

# Taking one.


def no_database(path: str) -> str:
    """There is nothing to back up."""
    return f"there is no database at {path}; nothing was backed up"


def database_damaged(path: str, problem: str) -> str:
    """The copy of the database is not whole."""
    return f"{path} is damaged ({problem}); no backup was written, earlier ones stay as they are"


def changed_meanwhile(path: str) -> str:
    """A bot of another version was started in the middle of it."""
    return f"{path} was brought to another version meanwhile; nothing was written, try again"


def not_written(path: str, reason: str) -> str:
    """The disk did not take the backup."""
    return f"{path} was not written: {reason}"


def exists(path: str) -> str:
    """There is a file of that name."""
    return f"{path} exists already; name another file, or add --force to replace it"


def is_folder(path: str) -> str:
    """The path is a folder's."""
    return f"{path} is a folder; name the file in it"


def no_file(path: str) -> str:
    """The path is that of a device, a pipe or a socket."""
    return f"{path} is no ordinary file; name another one"


def is_own_data(path: str) -> str:
    """The path is that of a file which the bot uses."""
    return f"{path} is a file of the bot's own data; name another one"


def taken(path: str, size_bytes: int, *, moment: datetime, videos: int, pictures: int) -> str:
    """The backup is on the disk."""
    return (
        f"Saved {path} ({megabytes(size_bytes)}): the data of {_moment(moment)}, with {_counted(videos, 'video')} "
        f"and {_counted(pictures, 'picture')}. Settings (.env) are not in it. It holds what people wrote and the "
        "bot's keys: keep it as safe as the data folder."
    )


def left_out(count: int) -> str:
    """Videos that the database names, and that are not on the disk."""
    return (
        f"{_counted(count, 'file')} that the database names {'is' if count == 1 else 'are'} not on the disk; "
        "the bot fetches such videos from the service again, free of charge."
    )


def in_the_store(url: str) -> str:
    """Files are in a bucket, of which a backup holds nothing."""
    return f"Pictures and videos are in {url} and not in this file: whoever needs them back needs the bucket."


# Putting one back.

CUT_OFF: Final = "its end is missing"
MORE_THAN_LISTED: Final = "there is more in it than it lists"
MANIFEST_UNREADABLE: Final = "its list of files cannot be read"
MANIFEST_DIFFERS: Final = "it does not hold what it lists"


def not_read(path: str, reason: str) -> str:
    """The file cannot be opened or read."""
    return f"{path} cannot be read: {reason}; nothing was changed"


def no_backup(path: str) -> str:
    """The file is something else."""
    return f"{path} is no backup of Stillmotion; nothing was changed"


def damaged(path: str, why: str) -> str:
    """The backup is not as it was written."""
    return f"{path} is damaged: {why}; nothing was changed"


def unknown_member(name: str) -> str:
    """The archive holds what backups do not."""
    return f"{name[:80]!a} is not what a backup holds"


def file_differs(name: str) -> str:
    """A file is not the one that was backed up."""
    return f"{name} is not as it was backed up"


def newer_format(path: str, version: str) -> str:
    """A newer version wrote the backup."""
    return (
        f"{path} was written by a newer version ({version[:40]!a}); update the bot first; nothing was changed"
    )


def newer_schema(path: str, version: str, revision: str, known: str) -> str:
    """The database in the backup is of a newer version."""
    return (
        f"{path} was written by a newer version ({version[:40]!a}: schema {revision[:20]!a}, this one knows up to "
        f"{known}); update the bot first; nothing was changed"
    )


def unusable_database(path: str, reason: str) -> str:
    """The database in the backup cannot be used."""
    return f"the database in {path} cannot be used: {reason}; nothing was changed"


def no_room(folder: str, free_bytes: int) -> str:
    """The disk is too full to unpack the backup."""
    return f"the disk of {folder} has no room for it ({megabytes(free_bytes)} are free); nothing was changed"


def not_put_back(reason: str) -> str:
    """The disk refused before the database was replaced."""
    return f"the backup was not put back: {reason}; the database is the one that was there before"


def other_account(path: str, owner: str) -> str:
    """Root would leave files that the bot cannot open."""
    return (
        f"{path} belongs to {owner}: run the command as that user, such as with sudo -u; nothing was changed"
    )


def not_comparable(reason: str) -> str:
    """The database that is there cannot be read at present."""
    return (
        f"what was bought since the backup cannot be compared at present: {reason}; nothing was changed. If that "
        "database is lost for good, move it to another folder, and try again"
    )


def put_back(path: str, *, moment: datetime, videos: int, pictures: int) -> str:
    """The data folder is as it was at the moment of the backup."""
    return (
        f"Restored {path}: the data of {_moment(moment)}, with {_counted(videos, 'video')} and "
        f"{_counted(pictures, 'picture')}."
    )


def copy_put_back(path: str, moment: datetime) -> str:
    """The database is as it was at the moment of the copy, and the files are as they were before."""
    return (
        f"Restored {path}: the database of {_moment(moment)}. It is a copy of the database alone: videos, pictures "
        "and keys stay as they are here."
    )


def kept_aside(folder: str) -> str:
    """Where the data is that was there before."""
    return (
        f"What was here before is kept in {folder}. The bot deletes that folder after 30 days; you may delete it "
        "earlier."
    )


def to_be_asked(count: int) -> str:
    """Requests that had not begun."""
    if not count:
        return "No request was waiting."
    waits, people = ("1 request was", "its user") if count == 1 else (f"{count} requests were", "their users")
    return f"{waits} waiting: at its next start the bot asks {people} before it buys anything."


def taken_over(count: int) -> str:
    """Purchases that the backup does not know, and the database that was there does."""
    return (
        f"{_counted(count, 'request')} bought since then {'was' if count == 1 else 'were'} taken over from the "
        "database that was here: nothing of it is bought again."
    )


def not_compared(reason: str) -> str:
    """Purchases since the backup cannot be read."""
    return (
        f"Not all that was bought since then may have been read from the database that was here ({reason}): "
        "compare with the DimiLinks console before you start the bot."
    )


NOTHING_TO_COMPARE: Final = (
    "There was no database here that tells what was bought since then: the bot looks at its replies, and what they "
    "do not show the DimiLinks console does."
)


def decisions_not_known(moment: datetime) -> str:
    """Nobody here can tell what moderators forbade after the backup, or not all of it."""
    return (
        f"Decisions of moderators since {_moment(moment)} are not in this backup: suspensions, blocks, strikes, "
        "trust that ended, stops of spicy, words, stricter settings, denied and removed videos. Look at the log "
        "channels, and have moderators repeat them once the bot runs; repeat removals of personal data, too."
    )


def decisions_taken_over(count: int) -> str:
    """Decisions that restrict, which the backup does not know and the database that was there does."""
    return (
        f"{_counted(count, 'decision')} of moderators since then that {'restricts' if count == 1 else 'restrict'} "
        f"something {'was' if count == 1 else 'were'} taken over from the database that was here; the audit log "
        f"names {'it' if count == 1 else 'each'}."
    )


ALLOWED_SINCE: Final = (
    "What moderators allowed after that moment, such as a lifted suspension, is not in force: they decide it again "
    "where it is still right."
)


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
