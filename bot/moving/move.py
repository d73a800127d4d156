"""Moves the database from its file to a server, such that at every moment a bot starts on one of them at most.

First all rows are copied and committed on the server, under a mark with which no bot starts there. They are read
back and compared. Then the file is marked as moved, and only after that the server's mark is taken off. A move that
ends before the file is marked is begun anew by the same command. One that ends after it is completed: nothing can
have changed in the file meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.moving.errors import MoveFailedError
from bot.moving.source import SourceContents, SourceFile, opened_source
from bot.moving.target import TargetServer, opened_target
from bot.storage.address import PostgresqlAddress
from bot.storage.migrate import SchemaState, head_revision
from bot.storage.move_mark import MoveMark, MoveSide
from bot.texts import console_move as words


def move_database(
    path: Path, address: PostgresqlAddress, tell: Callable[[str], None], *, now: Callable[[], datetime]
) -> None:
    """Move the database, or complete an earlier move. Blocking: a signal ends it at any line.

    Args:
        path: The file.
        address: The server, whose database is empty or holds an unfinished move of this file.
        tell: Takes a line about each part that is done.
        now: Clock of the marks.

    Raises:
        MoveFailedError: It was refused, or the rows on the server are not those of the file.
        StorageError: The file or the server cannot be used.
    """
    with opened_source(path) as source, opened_target(address) as target:
        if source.mark is not None and _is_complete(source, source.mark, target):
            tell(words.moved_already(str(path), address.name, source.mark.began_at))
            return
        target.own()
        mark = _begun_move(source, target)
        if mark is None and source.mark is not None:
            raise MoveFailedError(words.moved_and_gone(str(path), source.mark.server))
        move = _Move(source, target, tell)
        contents = move.examine()
        if mark is None:
            mark = MoveMark(MoveSide.ARRIVING, str(path), source.inode, address.name, source.revision, now())
            move.copy(contents, mark)
        move.verify(contents)
        if source.mark is None:
            source.set_mark(replace(mark, side=MoveSide.MOVED))
        target.complete(mark, now())
        tell(words.moved(str(path), address.name))


def _is_complete(source: SourceFile, mark: MoveMark, target: TargetServer) -> bool:
    """Return True if the server has taken over, False if the move to it is to be completed.

    Raises `MoveFailedError` if the file was moved, and not to what is there.
    """
    if mark.server != target.address.name:
        raise MoveFailedError(words.moved_elsewhere(str(source.path), mark.server))
    arriving = target.mark()
    if arriving is not None and replace(arriving, side=MoveSide.MOVED) == mark:
        return False
    if arriving is None and target.standing() not in {SchemaState.NEW, SchemaState.FOREIGN}:
        return True
    raise MoveFailedError(words.moved_and_gone(str(source.path), mark.server))


def _begun_move(source: SourceFile, target: TargetServer) -> MoveMark | None:
    """Return the mark of a move from this file whose rows are on the server and cannot have changed since.

    None if they have to be copied, also anew. Raises `MoveFailedError` if the server holds anything else.
    """
    name = target.address.name
    arriving = target.mark()
    if arriving is None:
        standing = target.standing()
        if standing is not SchemaState.NEW:
            is_ours = standing is not SchemaState.FOREIGN
            raise MoveFailedError(words.not_empty(name, is_ours=is_ours))
        target.require_rights()
        return None
    if (arriving.file, arriving.inode) != (str(source.path), source.inode):
        raise MoveFailedError(words.move_of_another(name, arriving.file))
    if arriving.revision != head_revision() or source.revision != head_revision():
        raise MoveFailedError(words.move_of_another_version(name))
    return arriving if source.mark is not None else None


@dataclass(frozen=True)
class _Move:
    """The parts of a move, each of which is told when it is done."""

    source: SourceFile
    target: TargetServer
    tell: Callable[[str], None]

    def examine(self) -> SourceContents:
        began_s = time.monotonic()
        contents = self.source.examine()
        self.tell(
            words.examined(str(self.source.path), len(contents.digests), contents.rows, _since(began_s))
        )
        if contents.replaced:
            self.tell(words.replaced(contents.replaced))
        return contents

    def copy(self, contents: SourceContents, mark: MoveMark) -> None:
        began_s = time.monotonic()
        self.target.copy(self.source, mark)
        self.tell(words.copied(self.target.address.name, contents.rows, _since(began_s)))

    def verify(self, contents: SourceContents) -> None:
        began_s = time.monotonic()
        arrived = self.target.digests(self.source.tables)
        different = [name for name, digest in contents.digests.items() if arrived[name] != digest]
        if different:
            raise MoveFailedError(words.different(self.target.address.name, different))
        self.tell(words.verified(len(arrived), _since(began_s)))


def _since(began_s: float) -> float:
    return time.monotonic() - began_s
