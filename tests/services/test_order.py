"""Orders: completed by defaults, checked, made anew from a job, kept whole in a draft."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.images.model import ImageSource, Reference, SourceKind
from bot.jobs.job import new_job_id
from bot.moderation.places import Right
from bot.people.preferences import Preferences
from bot.services.drafts import Draft, DraftStore
from bot.services.order import VideoOptions, VideoOrder, check_order, request_of
from bot.services.requests import job_id_of
from bot.storage.opening import open_database
from bot.storage.tables import drafts
from bot.texts import explanations
from bot.video import REFERENCES_MAX, ImageMime, Preset, Resolution, Seconds, Size, VideoRequest
from tests.jobs.builders import MOMENT, a_job

CAT = ImageSource("https://cdn.discordapp.com/cat.png", "cat.png", 1000)
FRAME = ImageSource("https://cdn.discordapp.com/v.mp4", "v.mp4", None, SourceKind.VIDEO, own_spicy_video=True)
KEPT = Reference(Path("/spool/job-1/0.png"), ImageMime.PNG, 1000, 64, 48, "cat.png")
NOTHING = Preferences()
HOSTS = ("cdn.discordapp.com",)
WHOLE = VideoOrder(
    prompt="a paper boat",
    options=VideoOptions(seconds="10", size="1024x1024", resolution="480p", preset="fun"),
    sources=(CAT, FRAME),
    kept=(KEPT,),
    group="default",
    private=True,
    parent_id="a" * 32,
    parent_url="https://discord.com/channels/1/2/3",
)


def test_what_is_chosen_comes_before_defaults() -> None:
    preferences = Preferences(seconds=Seconds.S20, size=Size.PORTRAIT, preset=Preset.FUN)
    completed = VideoOptions(seconds="6").completed_by(preferences)
    assert completed == VideoOptions(seconds="6", size="720x1280", preset="fun")


def test_a_picture_gives_the_frame_its_shape_only_where_no_size_was_chosen() -> None:
    source = ImageSource("https://cdn.discordapp.com/cat.png", "cat.png")
    assert VideoOrder(prompt="a boat", sources=(source,)).fits_picture
    assert not VideoOrder(prompt="a boat").fits_picture
    assert not VideoOrder(
        prompt="a boat", options=VideoOptions(size="720x1280"), sources=(source,)
    ).fits_picture
    kept = Reference(Path("0.png"), ImageMime.PNG, 1, 90, 160, "cat.png")
    again = request_of(VideoOrder(prompt="a boat", kept=(kept,)))
    assert isinstance(again, VideoRequest)
    assert again.size is Size.PORTRAIT


def test_what_is_left_open_is_the_services_own_default() -> None:
    assert request_of(VideoOrder(prompt="a boat")) == VideoRequest(prompt="a boat")


@pytest.mark.parametrize(
    ("changes", "explained"),
    [
        ({"prompt": "  "}, explanations.PROMPT_EMPTY),
        ({"prompt": "a" * 9000}, explanations.prompt_too_long(9000)),
        ({"options": VideoOptions(seconds="7")}, explanations.option_not_offered("seconds", tuple(Seconds))),
        ({"options": VideoOptions(size="1x1")}, explanations.option_not_offered("size", tuple(Size))),
        (
            {"options": VideoOptions(resolution="4k")},
            explanations.option_not_offered("resolution", tuple(Resolution)),
        ),
        ({"options": VideoOptions(preset="calm")}, explanations.option_not_offered("preset", tuple(Preset))),
        ({"sources": (CAT,) * REFERENCES_MAX, "kept": (KEPT,)}, explanations.too_many_pictures()),
    ],
)
def test_the_first_thing_that_is_wrong_is_explained(
    changes: dict[str, object], explained: explanations.Explanation
) -> None:
    order = VideoOrder(prompt="a boat").changed(**changes)
    assert check_order(order, (), allowed_hosts=HOSTS) == explained


def test_missing_rights_are_explained_before_anything_else() -> None:
    missing = (Right.ATTACH_FILES,)
    assert check_order(VideoOrder(), missing, allowed_hosts=HOSTS) == explanations.missing_rights(missing)


def test_pictures_come_from_the_allowed_hosts_alone() -> None:
    order = VideoOrder(prompt="a boat", sources=(replace(CAT, url="https://example.org/cat.png"),))
    refused = check_order(order, (), allowed_hosts=HOSTS)
    assert isinstance(refused, explanations.Explanation)
    assert CAT.filename in refused.english
    said = check_order(order, (), allowed_hosts=HOSTS, for_all=True)
    assert isinstance(said, explanations.Explanation)
    assert "Picture 1 is not on" in said.english
    assert isinstance(check_order(order.changed(sources=(CAT,)), (), allowed_hosts=HOSTS), VideoRequest)


def test_an_order_made_anew_asks_for_the_same_video() -> None:
    job = replace(a_job(), request=VideoRequest(prompt="a boat", seconds=Seconds.S12, group="default"))
    assert request_of(VideoOrder.again(job, NOTHING)) == job.request


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("by", [NOTHING, Preferences(private=False), Preferences(private=True)])
def test_an_order_made_anew_is_private_as_the_video_was_or_as_its_user_wants(
    by: Preferences, *, private: bool
) -> None:
    job = replace(a_job(), reply=replace(a_job().reply, private=private))
    assert VideoOrder.again(job, by).private is (private or by.private is True)


def test_values_that_are_not_on_offer_count_as_none() -> None:
    chosen = VideoOptions(seconds="7", size="4:3", resolution="1080p", preset="spicy")
    assert chosen.on_offer((Preset.NORMAL, Preset.FUN)) == VideoOptions()
    assert chosen.on_offer((Preset.SPICY,)) == VideoOptions(preset="spicy")
    assert WHOLE.options.on_offer(tuple(Preset)) == WHOLE.options


def test_an_order_made_anew_fetches_pictures_only_where_none_are_kept() -> None:
    job = replace(a_job(), sources=(CAT,))
    assert VideoOrder.again(job, NOTHING).sources == (CAT,)
    anew = VideoOrder.again(replace(job, pictures=(KEPT,)), NOTHING)
    assert (anew.sources, anew.kept) == ((), (KEPT,))


async def test_a_draft_keeps_the_whole_order_for_its_user_alone(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_database(database_url, tmp_path) as database:
        store = DraftStore(database)
        draft = Draft(new_job_id(), 2, MOMENT, WHOLE)
        await store.add(draft)
        assert await store.get(draft.id, 2) == draft
        assert await store.get(draft.id, 3) is None


@pytest.mark.parametrize("wish", [None, {"seconds": "10", "size": None, "confirmed": True}])
async def test_a_draft_of_an_earlier_version_has_its_pictures_alone(
    tmp_path: Path, database_url: str | None, wish: object
) -> None:
    async with open_database(database_url, tmp_path) as database:
        store = DraftStore(database)
        draft = Draft(new_job_id(), 2, MOMENT, WHOLE)
        await store.add(draft)
        async with database.write() as connection:
            await connection.execute(update(drafts).values(wish=wish))
        kept = await store.get(draft.id, 2)
        assert kept is not None
        assert kept.order == VideoOrder(sources=WHOLE.sources)


def test_a_jobs_id_follows_from_the_event_and_fits_its_column() -> None:
    ids = [job_id_of(event) for event in ("message:1", "interaction:1", "interaction:2")]
    assert len(set(ids)) == len(ids)
    assert ids[0] == job_id_of("message:1")
    assert all(len(job_id) == 32 and int(job_id, 16) >= 0 for job_id in ids)
