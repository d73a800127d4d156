"""Compresses a film until it is small enough."""

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from av.error import FFmpegError
from av.video.frame import VideoFrame

from bot.video_files.decoding.encoding import Encoding, TooManyBytesError, use_threads
from bot.video_files.decoding.opening import UnusableVideoError, film_of, open_video
from bot.video_files.decoding.plan import AIM, Load, plan_of
from bot.video_files.decoding.survey import Survey

_ATTEMPTS: Final = 3
_CAUTION: Final = 0.95
_SHARE_MIN: Final = 0.2


def fit(
    source: str,
    destination: str,
    survey: Survey,
    tags: Mapping[str, str],
    *,
    limit_bytes: int,
    drawn: Callable[[VideoFrame, float], VideoFrame] | None,
    on_progress: Callable[[float], None],
) -> None:
    """Write the film as an mp4 that is no larger than the limit, at once or after misses.

    Raises:
        UnusableVideoError: It does not get so small, or what was written is no film.
    """
    load, share = load_of(survey, drawn=drawn is not None), 1.0
    for attempt in range(1, _ATTEMPTS + 1):
        plan = plan_of(load, limit_bytes, share=share, smaller=attempt == _ATTEMPTS)
        if plan is None:
            break
        encoding = Encoding(
            source,
            destination,
            tags,
            plan,
            survey.look,
            survey.film.packets,
            limit_bytes,
            drawn,
            on_progress,
        )
        try:
            encoding.run()
            size_bytes = Path(destination).stat().st_size
        except TooManyBytesError as error:
            size_bytes = max(error.expected_bytes, limit_bytes + 1)
        if size_bytes <= limit_bytes:
            return
        share = max(_SHARE_MIN, share * _CAUTION * AIM * limit_bytes / size_bytes)
    raise UnusableVideoError("too_large")


def load_of(survey: Survey, *, drawn: bool) -> Load:
    """Return what of a film counts when it is compressed."""
    look, film, sound = survey.look, survey.film, survey.sound
    return Load(
        look.width_px,
        look.height_px,
        film.packets,
        film.duration_s,
        film.size_bytes,
        sound.size_bytes if sound is not None else 0,
        sound.packets if sound is not None else 0,
        sound_is_aac=sound is not None and sound.codec == "aac" and sound.timed,
        drawn=drawn,
    )


def check_end(destination: str) -> None:
    """Raise `UnusableVideoError` if the end of a film cannot be decoded."""
    with closing(open_video(destination)) as container:
        film = film_of(container)
        use_threads(film)
        if film.duration is not None:
            container.seek((film.start_time or 0) + film.duration, stream=film, backward=True)
        frames = 0
        with suppress(FFmpegError):
            for _ in container.decode(film):
                frames += 1
    if not frames:
        raise UnusableVideoError("no_last_frame")
