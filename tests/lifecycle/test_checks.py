"""Checks before money is spent: the rules are asked at every try, the image check once for the same pictures."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.files.local_files import LocalFiles
from bot.images.detectors import DetectorName
from bot.images.model import ImageMime, Reference
from bot.images.screening import Screening
from bot.jobs.job import FailureReason
from bot.lifecycle.checks import CheckOutcome, Checks
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ChannelInfo, Gatekeeper, ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.store import MemberStore
from bot.moderation.memberships import Membership
from bot.moderation.places import Place
from bot.moderation.policy import OperatorRules, Person
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode, ReviewStage, ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import WordLists
from bot.storage.opening import open_database
from bot.video import VideoRequest
from tests.images.made_detectors import made_detector, scored
from tests.jobs.builders import a_job
from tests.moderation.policy_requests import NOW, DetachedJob

SERVER = 7


class OneChannel:
    async def describe(
        self,
        guild_id: int | None,  # noqa: ARG002
        channel_id: int | None,
        *,
        rules_channel_id: int | None,  # noqa: ARG002
        foreign: bool,
    ) -> ChannelInfo:
        return ChannelInfo(Place.FOREIGN_SERVER if foreign else Place.OPEN_CHANNEL, channel_id)


class EverybodyStays:
    async def look(self, guild_id: int, person_id: int) -> Membership:
        return Membership(Presence.MEMBER, Person(person_id, guild_id))


@dataclass(frozen=True)
class Checked:
    """A job with a picture whose score is 50 %, in a server that has moderators look from 40 % on."""

    checks: Checks
    context: DetachedJob
    rules: RuleCache
    packages: Path

    async def look_from(self, percent: int) -> None:
        await self.rules.change(SERVER, ServerRules(image_check_percent=percent))


@pytest.fixture
async def checked(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Checked]:
    picture = tmp_path / "cat.png"
    Image.new("RGB", (64, 48), (128, 0, 0)).save(picture)
    packages = made_detector(tmp_path / "packages", DetectorName.OPENNSFW)
    async with open_database(database_url, tmp_path / "data") as database:
        audit_log = AuditLog(database)
        rules = RuleCache(RuleStore(database), audit_log, lambda: NOW)
        caches = ModerationCaches(
            rules,
            MemberCache(MemberStore(database)),
            WordLists(TermStore(database), audit_log, lambda: NOW),
            OperatorRules(),
            database,
        )
        gatekeeper = Gatekeeper(caches, OneChannel(), EverybodyStays(), lambda: NOW)
        screening = Screening(DetectorName.OPENNSFW, import_paths=[packages])
        decided: Any = None  # nothing of it was seen
        checks = Checks(
            gatekeeper=gatekeeper,
            decided=decided,
            screening=screening,
            videos=LocalFiles(tmp_path),
            untold_s=0.0,
        )
        base = a_job()
        job = replace(
            base,
            guild_id=SERVER,
            request=VideoRequest(prompt="a cat", reference_count=1),
            reply=replace(base.reply, guild_id=SERVER),
            pictures=(Reference(picture, ImageMime.PNG, picture.stat().st_size, 64, 48, "cat.png"),),
        )
        made = Checked(checks, DetachedJob(gatekeeper, lambda: NOW, job), rules, packages)
        await made.look_from(40)
        yield made


async def test_a_repeated_submission_asks_the_rules_anew_and_scores_its_pictures_once(
    checked: Checked,
) -> None:
    await checked.look_from(60)
    for _ in range(3):
        assert (await checked.checks.before_purchase(checked.context)).outcome is CheckOutcome.PASS
    await checked.look_from(40)
    assert (await checked.checks.before_purchase(checked.context)).outcome is CheckOutcome.WAIT
    assert scored(checked.packages) == 1
    await checked.rules.change(SERVER, ServerRules(image_check_percent=60, modes={Gate.PICTURES: Mode.OFF}))
    refused = await checked.checks.before_purchase(checked.context)
    assert (refused.outcome, refused.reason) == (CheckOutcome.REFUSED, FailureReason.NOT_ALLOWED)


@pytest.mark.parametrize("unusable", [False, True], ids=["scored", "cannot be scored"])
async def test_where_there_are_no_moderators_a_high_score_passes(checked: Checked, *, unusable: bool) -> None:
    (picture,) = checked.context.job.pictures or ()
    if unusable:
        picture.path.write_bytes(b"no picture")
    assert (await checked.checks.before_purchase(checked.context)).outcome is CheckOutcome.WAIT
    foreign = replace(checked.context.job.reply, foreign=True)
    await checked.context.amend(reply=foreign)
    assert (await checked.checks.before_purchase(checked.context)).outcome is CheckOutcome.PASS


async def test_what_moderators_approved_is_not_scored(checked: Checked) -> None:
    await checked.context.amend(approved={ReviewStage.SUBMISSION: NOW})
    assert (await checked.checks.before_purchase(checked.context)).outcome is CheckOutcome.PASS
    assert scored(checked.packages) == 0


async def test_what_passed_some_time_ago_passes_by_the_rules_of_now(checked: Checked) -> None:
    await checked.look_from(60)
    await checked.checks.before_purchase(checked.context)
    job = checked.context.job
    assert await checked.checks.still_passes(job)
    await checked.look_from(40)
    assert not await checked.checks.still_passes(job)
    await checked.rules.change(SERVER, ServerRules(modes={Gate.PICTURES: Mode.OFF}))
    assert not await checked.checks.still_passes(job)
    assert not await checked.checks.still_passes(replace(job, approved={ReviewStage.SUBMISSION: NOW}))


async def test_pictures_without_a_score_are_not_scored_at_the_last_moment(checked: Checked) -> None:
    assert not await checked.checks.still_passes(checked.context.job)
    assert scored(checked.packages) == 0
