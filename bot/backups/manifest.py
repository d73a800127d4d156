"""Description of a backup, in the backup itself: what it was made of, and every file with its digest."""

import re
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from bot.moderation.audit.checkpoint import DIGEST_NAME
from bot.reviews.hidden_copies import HIDDEN_PREFIX

FORMAT: Final = 1
"""Number of the layout of the archive. A newer one is refused."""
ABOUT_NAME: Final = "about.json"
"""First member: it tells a backup from another archive, and its schema, before anything large is read."""
MANIFEST_NAME: Final = "manifest.json"
"""Last member: an archive that was cut off has none."""
DATABASE_NAME: Final = "database.sqlite3"
KEY_NAME: Final = "links.key"

_PART: Final = r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}"
_DATA_FILE: Final = re.compile(
    rf"media/(?:{HIDDEN_PREFIX})?{_PART}\.mp4"
    rf"|spool/{_PART}/[0-9]{{1,2}}\.(?:png|jpeg|webp)"
    rf"|purchases/{_PART}\.task"
    rf"|marks/{_PART}\.[a-z]{{1,8}}"
    rf"|{re.escape(KEY_NAME)}"
    rf"|{re.escape(DIGEST_NAME)}(?:\.lost-[0-9]{{1,15}}-[0-9a-f]{{1,64}})?"
)
"""Names of the files of the data folder that a backup may hold, relative to that folder."""


def is_data_file(name: str) -> bool:
    """Return True if a backup may hold a file of the data folder with this name."""
    return _DATA_FILE.fullmatch(name) is not None


class BackupAbout(BaseModel):
    """Facts of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    version: str
    """The bot's version that took it."""
    revision: str
    """The database's schema."""
    taken_at: AwareDatetime
    """Moment from which on nothing is in the backup."""


class BackupFile(BaseModel):
    """One file in a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """Everything that has to be in a backup, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: BackupAbout
    files: tuple[BackupFile, ...]

    @model_validator(mode="after")
    def _has_each_file_once(self) -> Self:
        names = [file.name for file in self.files]
        if len(names) != len(set(names)) or DATABASE_NAME not in names:
            raise ValueError("a file twice, or no database")
        return self

    @property
    def size_bytes(self) -> int:
        """Size of all files together, unpacked."""
        return sum(file.size_bytes for file in self.files)

    def count(self, folder: str) -> int:
        """Return the number of files in a folder of the data folder."""
        return sum(file.name.startswith(f"{folder}/") for file in self.files)
