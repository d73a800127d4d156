"""Checks before money is spent: the rules are asked at every try, the image check once for the same pictures."""

from dataclasses import replace
from pathlib import Path

from bot.images.model import ImageMime, Reference
from bot.images.screening import Screening
from bot.jobs.job import FailureReason
from bot.lifecycle.checks import CheckOutcome, Checks
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ChannelInfo, Gatekeeper, ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.store import MemberStore
from bot.moderation.memberships import Membership
from bot.moderation.policy import OperatorRules, Person, Place
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import WordLists
from bot.storage.opening import open_database
from bot.video import VideoRequest
from tests.e2e.actors.pictures import picture
from tests.jobs.builders import a_job
from tests.moderation.policy_requests import NOW, DetachedJob

SERVER = 7
ONNXRUNTIME = """
class SessionOptions: ...
class InferenceSession:
    def __init__(self, *args, **kwargs): ...
"""
DETECTOR = """
from pathlib import Path

class NudeDetector:
    def detect(self, image_path):
        with Path({log!r}).open("a") as log:
            log.write("one picture\\n")
        return [{{"class": "FEMALE_BREAST_EXPOSED", "score": 0.1, "box": [0, 0, 1, 1]}}]
"""


class OneChannel:
    async def describe(
        self,
        guild_id: int | None,  # noqa: ARG002
        channel_id: int | None,
        *,
        foreign: bool,  # noqa: ARG002
    ) -> ChannelInfo:
        return ChannelInfo(Place.OPEN_CHANNEL, channel_id)


class EverybodyStays:
    async def look(self, guild_id: int, person_id: int) -> Membership:
        return Membership(Presence.MEMBER, Person(person_id, guild_id))


def detector(folder: Path, log: Path) -> Path:
    for name, code in (
        ("onnxruntime", ONNXRUNTIME),
        ("nudenet", DETECTOR.format(log=str(log))),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(code, "utf-8")
    return folder


async def test_a_repeated_submission_asks_the_rules_anew_and_screens_its_pictures_once(
    tmp_path: Path,
) -> None:
    log, cat = tmp_path / "log", tmp_path / "cat.png"
    cat.write_bytes(picture())
    async with open_database(None, tmp_path / "data") as database:
        audit_log = AuditLog(database)
        rules = RuleCache(RuleStore(database), audit_log, lambda: NOW)
        await rules.change(SERVER, ServerRules(image_check_percent=60))
        caches = ModerationCaches(
            rules,
            MemberCache(MemberStore(database)),
            WordLists(TermStore(database), audit_log, lambda: NOW),
            OperatorRules(),
        )
        gatekeeper = Gatekeeper(caches, OneChannel(), EverybodyStays(), lambda: NOW)
        screening = Screening(enabled=True, extra_paths=[detector(tmp_path / "packages", log)])
        checks = Checks(gatekeeper=gatekeeper, screening=screening, media_dir=tmp_path, untold_s=0.0)
        base = a_job()
        job = replace(
            base,
            guild_id=SERVER,
            request=VideoRequest(prompt="a cat", reference_count=1),
            reply=replace(base.reply, guild_id=SERVER),
            pictures=(Reference(cat, ImageMime.PNG, cat.stat().st_size, 8, 8, "cat.png"),),
        )
        context = DetachedJob(gatekeeper, lambda: NOW, job)
        for _ in range(3):
            assert (await checks.before_purchase(context)).outcome is CheckOutcome.PASS
        assert log.read_text().count("one picture") == 1
        await rules.change(SERVER, ServerRules(image_check_percent=60, modes={Gate.PICTURES: Mode.OFF}))
        refused = await checks.before_purchase(context)
        assert (refused.outcome, refused.reason) == (CheckOutcome.REFUSED, FailureReason.NOT_ALLOWED)
