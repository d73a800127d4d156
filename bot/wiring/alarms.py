"""Tells the operator of trouble with the database and the audit log."""

from collections.abc import Callable
from typing import Final

import structlog

from bot.moderation.audit.checkpoint import CheckpointFile
from bot.moderation.audit.store import AuditStore
from bot.services.operator_notices import OperatorNotices
from bot.storage.alarms import StorageTrouble
from bot.texts import operator

log: Final = structlog.get_logger(__name__)


async def compare_checkpoint(
    checkpoint: CheckpointFile, entries: AuditStore, notices: OperatorNotices
) -> None:
    """Have the operator told if entries of the audit log are missing that stood in it before."""
    try:
        missing = await checkpoint.missing(entries)
    except OSError as error:
        log.warning("checkpoint_not_compared", reason=error.strerror)
        return
    if missing is not None:
        log.error("audit_log_cut", number=missing.number, sha256=missing.sha256)
        notices.tell(operator.audit_log_cut(missing.number))


def storage_alarm(notices: OperatorNotices) -> Callable[[StorageTrouble, str], None]:
    """Return a listener that has the operator told of trouble with the database."""

    def tell(trouble: StorageTrouble, subject: str) -> None:
        match trouble:
            case StorageTrouble.UNREADABLE_ROW:
                notices.tell(operator.row_unreadable(subject))
            case StorageTrouble.FILE_REPLACED:
                notices.tell(operator.database_replaced(subject))

    return tell
