"""The data of a server that was left: what its members made there goes, what users made by themselves stays."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select

from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.store import MemberStore
from bot.moderation.policy import OperatorRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import WordLists
from bot.personal_data.server_erasure import ServerErasure
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from tests.personal_data.stored_person import GUILD, JOB, MARK, NOW, PERSON, fill, job, parts

OWN, PRIVATE = "e" * 32, "f" * 32
LATER = NOW + timedelta(days=30)


async def test_what_a_user_made_with_their_own_installation_stays(
    tmp_path: Path, database_url: str | None
) -> None:
    """Also in that server, to which the bot came along with the user."""
    async with open_database(database_url, tmp_path) as database:
        await fill(database, tmp_path)
        async with database.write() as connection:
            own = job(id=OWN, task_id="task-2", reply_foreign=True)
            private = job(
                id=PRIVATE, task_id="task-3", guild_id=None, reply_guild_id=None, reply_foreign=False
            )
            await connection.execute(insert(jobs), [own, private])
        made, audit = await parts(database, tmp_path), AuditLog(database)
        caches = ModerationCaches(
            RuleCache(RuleStore(database), audit, lambda: NOW),
            MemberCache(MemberStore(database)),
            WordLists(TermStore(database), audit, lambda: NOW),
            OperatorRules(),
            database,
        )
        erasure = ServerErasure(database=database, jobs=made.jobs, emptying=made.emptying, caches=caches)
        assert await erasure.erase(GUILD, LATER)
        async with database.read() as connection:
            found = (await connection.execute(select(jobs.c.id, jobs.c.person_id, jobs.c.prompt))).all()
    stored = {one.id: (one.person_id, one.prompt) for one in found}
    assert stored[JOB] == (0, "…")
    assert stored[OWN] == stored[PRIVATE] == (PERSON, MARK)
