"""Sentences of the command line. The operator reads them in English."""

from collections.abc import Sequence
from typing import Final

from bot.texts.durations import megabytes
from bot.video import REFERENCES_MAX

HELP: Final = "Stillmotion: a Discord bot that makes short videos from prompts and pictures."
VERSION: Final = "Print the version, and end."
RUN: Final = "Run the bot, against real Discord and DimiLinks, with the settings of the environment and .env."
GATEWAY: Final = (
    "Run the part of the bot that is connected to Discord and answers people, for as many workers as there are; "
    "on PostgreSQL only."
)
WORKER: Final = (
    "Run a part of the bot that makes videos, beside a gateway and other workers; on PostgreSQL only."
)
CHECK: Final = (
    "Check .env, configuration, data folder, database, audit log, the processes for pictures and videos, image "
    "check, content credentials, links, metrics, Discord token, intents, commands, install link, permissions and "
    "API key; one line a check."
)
GENERATE: Final = "Make one real video straight with the API, without Discord. It costs money."

FETCH: Final = "Save the video of any task of the account, bought by the bot or not. It costs nothing."
UNKNOWN: Final = "List the requests of unknown outcome, with what the API answered; also while the bot runs."
RESOLVE: Final = (
    "Decide about a request of unknown outcome: name the task that it bought, or say that it bought nothing; "
    "also while the bot runs."
)
FORGET: Final = "Delete what is stored about a person, as /privacy delete does; stop the bot first."
PERSON: Final = "The person's Discord user id."
PROMPT: Final = "What should happen in the video."
IMAGE: Final = "A picture to start from; repeat it for more, up to seven."
SECONDS: Final = "How long the video is."
SIZE: Final = "The shape of its frame; without it, that of the first picture, or landscape."
RESOLUTION: Final = "720p for the final cut, 480p for a preview."
PRESET: Final = "The style."
OUT_FOLDER: Final = "Where the video is saved."
OUT_FILE: Final = "The mp4 to write."
FORCE: Final = "Replace a file of that name."
YES: Final = "Buy without asking."
TASK_ID: Final = "The task's id, as the bot, its log or the DimiLinks console tells it."
JOB_ID: Final = "The request's id in the list of `unknown`, or its beginning."
FOUND_TASK: Final = "The id of the task that the request bought; its video goes to whoever asked for it."
FOUND_NOT_BOUGHT: Final = "The request bought nothing: its seconds count no longer."

DISCORD_REFUSED_TOKEN: Final = "DISCORD_TOKEN: Discord does not accept it"  # noqa: S105 - a sentence, not a token
DISCORD_UNREACHABLE: Final = "Discord cannot be reached"
DISCORD_BACK: Final = "Discord answers again"
ENTRY_POINT_LEFT_OUT: Final = (
    "the application has an Entry Point command (Discord adds one with Activities), which no registration may "
    "leave out, and Discord does not list it; switch Activities off in the developer portal, or delete that command"
)
GENERATING: Final = "Waiting for the video"


def bad_configuration(problems: str) -> str:
    """Line with which a start ends because of wrong settings."""
    return f"bad configuration: {problems}"


def discord_away(reason: str, again_in_s: float) -> str:
    """Discord does not answer as it should, at the start; the bot waits and tries again."""
    return f"{DISCORD_UNREACHABLE} ({reason}); the next try is in {again_in_s:.0f} s"


def gateway_closed(code: int) -> str:
    """Line with which the bot ends because Discord closed the gateway for good."""
    return f"Discord closed the gateway for good (code {code})"


def folder_closed(folder: str) -> str:
    """A folder in the data folder is another user's, as after one start as root."""
    return f"this user may not write into {folder}"


def version(number: str) -> str:
    """The name of the program and its version, in a line."""
    return f"stillmotion {number}"


def demo_not_installed(command: str) -> str:
    """The demo needs packages that are not installed; `command` installs them."""
    return f"The demo needs packages that are not installed: {command} (in a checkout, make demo has them)"


def saved(path: str, size_bytes: int) -> str:
    """The video was saved in this file."""
    return f"Saved {path} ({megabytes(size_bytes)})"


def failed(reason: str) -> str:
    """There is no video, for this reason."""
    return f"No video: {reason}"


def output_lost(reason: str) -> str:
    """Standard output does not take what the command prints."""
    return f"The output cannot be written: {reason}"


def too_many_images() -> str:
    """The command has no options for so many pictures."""
    return f"at most {REFERENCES_MAX} pictures are possible"


SUPERSEDED: Final = (
    "another process carries this one's jobs on; this one ended, so that nothing is done twice"
)


OTHER_FOLDER: Final = (
    "another one than that of the processes which share the database; have all use the same folder, on a volume "
    "that their machines share. After a move of the folder, stop all for three minutes"
)


def needs_server(command: str) -> str:
    """A command for several processes was called, and the database is a file."""
    return (
        f"python -m bot {command} shares its database with other processes: set DATABASE_URL to "
        "postgresql://user:password@host/name, or use python -m bot run"
    )


IMAGE_CHECK_OFF: Final = "off"
IMAGE_CHECK_NOT_INSTALLED: Final = "off, as none is installed"


def image_check_works(detector: str, seconds: float) -> str:
    """The detector is installed and scored a picture in this time."""
    return f"{detector} works; it scored a picture in {seconds:.1f} s"


def image_check_fails(detector: str, fault: str) -> str:
    """The detector is installed, but scores nothing."""
    return f"{detector} is installed but does not work ({fault}); moderators are asked about every picture instead"


def database_unusable(reason: str) -> str:
    """Line with which a start ends because the database cannot be used."""
    return f"the database cannot be used: {reason}"


def database_ok(path: str, size_bytes: int, in_use_by: int | None) -> str:
    """The database is whole and of this version."""
    used = f", in use by process {in_use_by}" if in_use_by is not None else ""
    return f"{path}, whole, {megabytes(size_bytes)}{used}"


def database_new(path: str) -> str:
    """There is no database yet."""
    return f"{path} will be made at the first start"


def database_older(path: str) -> str:
    """The database is an older version's."""
    return f"{path}, whole; the next start backs it up and brings it up to date"


def server_database_ok(name: str, size_bytes: int, in_use_by: int | None) -> str:
    """The database on a server is of this version; if it is whole is the server's to say."""
    used = f", in use by the server's process {in_use_by}" if in_use_by is not None else ""
    return f"{name}, {megabytes(size_bytes)}{used}"


def server_database_new(name: str) -> str:
    """There are no tables on the server yet."""
    return f"{name}; its tables will be made at the first start"


def server_database_older(name: str) -> str:
    """The database on a server is an older version's."""
    return f"{name}; the next start brings it up to date, so make a copy with pg_dump before"


def database_foreign(path: str) -> str:
    """The database belongs to something else."""
    return f"{path} is not a database of Stillmotion; set DATABASE_URL to another"


def database_newer(path: str) -> str:
    """The database is a newer version's."""
    return f"{path} was made by a newer version of Stillmotion; update the bot, or restore a backup"


def jobs_found(unfinished: int, undelivered: int, unknown: int, mismatched: int) -> str:
    """Counts of stored jobs. The operator should look up those with an unknown outcome."""
    told = f"{unfinished} unfinished, of these {undelivered} waiting to be fetched"
    if mismatched:
        told += f"; {mismatched} delivered in the last 30 days with a video shorter or smaller than asked for"
    if not unknown:
        return f"{told}; none of unknown outcome in the last 30 days"
    return (
        f"{told}; {unknown} of unknown outcome in the last 30 days: `python -m bot unknown` lists them with what "
        "was answered, to be compared with the DimiLinks console"
    )


def quota_miscounted(counters: int) -> str:
    """Counters of the daily caps differ from the jobs: somebody changed the database from outside."""
    return f"{counters} counters of the daily caps are wrong; the next start of the bot counts anew"


def audit_unbroken(entries: int) -> str:
    """No entry of the audit log was changed."""
    if not entries:
        return "no entries yet"
    return f"{entries} {'entry' if entries == 1 else 'entries'}, unbroken"


def audit_not_vouched_for(entries: int, path: str, *, unreadable: bool) -> str:
    """No entry was changed, but nothing tells if the newest ones were removed."""
    why = f"{path} cannot be read" if unreadable else f"there is no {path}"
    return (
        f"{audit_unbroken(entries)}, but {why}, so nothing here tells if newer ones were removed. "
        "Give the last digest in the log channel to --digest; the next start of the bot writes the file anew."
    )


def audit_broken(number: int, why: str) -> str:
    """An entry of the audit log was changed."""
    return f"broken at entry {number}: {why}"


AUDIT_NUMBER_SKIPPED: Final = "it is missing, or not where it belongs"
AUDIT_UNREADABLE: Final = "it holds something that the bot never writes"
AUDIT_PREVIOUS_DIFFERS: Final = "it does not follow from the entry before"
AUDIT_DIGEST_DIFFERS: Final = "it was changed after it was written"
AUDIT_PROMPT_DIFFERS: Final = "its prompt was changed after it was written"
AUDIT_DIGEST_MISSING: Final = (
    "its known digest does not stand in the log: entries were removed, or an older database was put back"
)
DIGEST: Final = (
    "An entry of the audit log that was seen before, as NUMBER:DIGEST; the log channel shows such."
)
DIGEST_FORM: Final = "expected NUMBER:DIGEST, such as 12:3f2a9c1de0774b05"

CONFIGURATION_OK: Final = "every setting can be read"
NOT_ASKED: Final = "not checked, for the reason beside the discord token"
INTENTS_OK: Final = "none of the privileged ones are needed"
INTENT_OK: Final = "the message content intent is switched on"
INTENT_REFUSED: Final = (
    "MESSAGE_CONTENT: the message content intent is not switched on; do that in the Discord developer portal"
)
COMMANDS_NOT_YET: Final = "not registered yet from this data folder; the first start does that"
KEY_OK: Final = "DimiLinks accepts it, and it may use the model"
KEY_REFUSED: Final = "DimiLinks does not accept DIMILINKS_API_KEY"
TOKEN_REFUSED: Final = "Discord does not accept DISCORD_TOKEN"  # noqa: S105 - a sentence, not a token


def forgotten(jobs: int, entries: int, *, ended: int, waiting: int, stored: int) -> str:
    """Data that was deleted at a user's request."""
    lines = [f"Deleted: {jobs} requests, the texts of {entries} log entries, and all else but decisions."]
    if ended:
        lines.append(f"{ended} requests under way were ended; what was bought of them stays charged.")
    if waiting:
        lines.append(f"{waiting} things are still needed; the bot deletes them by itself once it runs.")
    if stored:
        lines.append(f"{stored} files could not be deleted in STORE_URL yet; the bot does it once it runs.")
    return "\n".join(lines)


def files_not_deleted(reason: str) -> str:
    """A file of a user could not be deleted."""
    return f"not everything was deleted ({reason}); the bot goes on with it once it runs"


def check_line(name: str, told: str, *, passed: bool, warns: bool = False) -> str:
    """One line of `check`."""
    verdict = "FAIL" if not passed else "warn" if warns else "ok  "
    return f"{verdict} {name}: {told}"


def missing(setting: str) -> str:
    """A required setting is missing."""
    return f"{setting} is not set"


def bot_is(username: str) -> str:
    """Name of the bot to which the token belongs."""
    return f"it belongs to {username}"


def discord_answered(status: int) -> str:
    """Discord's answer to the token was an unexpected status."""
    return f"Discord answered HTTP {status}"


def web_page(setting: str, address: str) -> str:
    """The address of an API answers with a web page."""
    return f"{setting}: {address} answers a web page, not the API; see .env.example for the usual address"


def model_absent(model: str, others: int) -> str:
    """The key may not use the model."""
    return f"DimiLinks accepts it, but {model} is not among the {others} models that it may use"


def limits_too_small(settings: Sequence[str], shortest_s: int) -> str:
    """Limits of seconds a day that no video fits."""
    return (
        f"{', '.join(settings)}: smaller than the shortest video, {shortest_s} seconds; nothing can be made"
    )


def commands_absent(names: Sequence[str]) -> str:
    """Discord does not have commands that were registered once."""
    return f"Discord does not have {', '.join(names)}; the next start of the bot registers them again"


def commands_registered(count: int) -> str:
    """Discord has all commands of the last registration."""
    return f"{count} are registered"
