"""Makes of a finished video the file that is posted: marked, and small enough."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.video_files.decoding.credentials import room_for_credentials
from bot.video_files.decoding.fitting import check_end, fit
from bot.video_files.decoding.marking import tags_of
from bot.video_files.decoding.opening import UnusableVideoError
from bot.video_files.decoding.remuxing import can_copy, remux
from bot.video_files.decoding.survey import Survey, packets_in, survey_of
from bot.video_files.decoding.visible_line import line_of

_DRIFT_MAX_S: Final = 0.1


def finish(
    *,
    source: str,
    destination: str,
    limit_bytes: int,
    mark: Mapping[str, str] | None,
    comment: str,
    visible_text: str,
    sign: bool,
    on_progress: Callable[[float], None],
) -> Mapping[str, object]:
    """Write the file that is posted.

    Args:
        source: The video.
        destination: The file to write.
        limit_bytes: Its largest size.
        mark: The values of its AIGC mark, by name; None for a file without.
        comment: A sentence for people, beside the mark.
        visible_text: A line for the first seconds; empty for none.
        sign: True if content credentials follow, which keep those that the file has.
        on_progress: Told the share that is done.

    Returns:
        `by`, which is how it was written ("unchanged": it was not, the source will do); `width_px` and `height_px`
        as players show it; `duration_s`; `had_credentials`, which is True if the video came with some.

    Raises:
        UnusableVideoError: There is no frame, or the file does not get so small. Whatever FFmpeg raises about a
            damaged file comes through.
    """
    survey = survey_of(source)
    on_progress(0.01)
    if sign:
        limit_bytes -= room_for_credentials(survey.credentials_bytes)
    fits = Path(source).stat().st_size <= limit_bytes
    # Whoever signed the file signed its bytes: any change would make the signature worthless.
    changes_nothing = mark is None or (survey.credentials_bytes and not sign)
    if fits and changes_nothing and not visible_text:
        return _answer("unchanged", survey)
    tags = tags_of(mark, comment, survey.aigc)
    if not visible_text and survey.kept_bytes <= limit_bytes and can_copy(survey):
        remux(source, destination, tags)
        if Path(destination).stat().st_size <= limit_bytes:
            _check_copy(survey, destination)
            return _answer("remuxed", survey)
    fit(
        source,
        destination,
        survey,
        tags,
        limit_bytes=limit_bytes,
        drawn=line_of(visible_text, survey.look) if visible_text else None,
        on_progress=on_progress,
    )
    made = _checked_film(survey, destination)
    return _answer("compressed", replace(made, credentials_bytes=survey.credentials_bytes))


def _check_copy(survey: Survey, destination: str) -> None:
    """Look a copy over. With every packet there as it was, what could be decoded still can."""
    film, sound = packets_in(destination)
    same = film.checksum == survey.film.checksum
    if survey.sound is not None:
        same = same and sound is not None and sound.checksum == survey.sound.checksum
    if not same:
        raise UnusableVideoError("copy_differs")
    _check_duration(survey, film.duration_s)


def _checked_film(survey: Survey, destination: str) -> Survey:
    """Look a film over that was encoded anew."""
    made = survey_of(destination)
    _check_duration(survey, made.film.duration_s)
    if survey.sound is not None and made.sound is None:
        raise UnusableVideoError("no_sound")
    check_end(destination)
    return made


def _check_duration(survey: Survey, duration_s: float) -> None:
    if abs(duration_s - survey.film.duration_s) > _DRIFT_MAX_S:
        raise UnusableVideoError("duration_differs")


def _answer(by: str, survey: Survey) -> Mapping[str, object]:
    return {
        "by": by,
        "width_px": survey.width_px,
        "height_px": survey.height_px,
        "duration_s": survey.film.duration_s,
        "had_credentials": survey.credentials_bytes > 0,
    }
