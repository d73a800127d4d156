"""Makes a silent animation of a film, GIF or WebP: smaller and with fewer frames, step by step, until it fits."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

import av
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from bot.video_files.decoding.animation_marks import mark_gif, mark_webp
from bot.video_files.decoding.display import shown_picture
from bot.video_files.decoding.marking import tags_of
from bot.video_files.decoding.opening import UnusableVideoError, decoded, film_of, open_video
from bot.video_files.decoding.survey import survey_of
from bot.video_files.decoding.visible_line import line_on

_GIF: Final = "gif"
_STEPS: Final = (
    *((640, 15), (560, 15), (480, 15), (480, 12), (400, 12), (400, 10), (320, 10), (320, 8)),
    *((240, 8), (240, 6), (200, 6), (160, 6), (160, 5), (120, 4)),
)
"""Longer side in pixels, and frames a second, from the best to the last that still shows something."""
_BYTES_PER_PIXEL: Final = {_GIF: 0.6, "webp": 0.2}
"""Estimates of what frames of films take, from which the first step follows."""
_ATTEMPTS_MAX: Final = 4
_ROOM: Final = 0.97
_MARK_BYTES: Final = 8192
_PALETTE_PX: Final = 240
_PALETTE_FRAMES: Final = 48
_QUALITY: Final = 70
_COARSE: Final = [min(255, (value & 0xFC) + 2) for value in range(256)] * 3
"""Steps of four: fewer colours to look up, which takes most of the time. Dithering hides them."""
_HUNDREDTHS: Final = Fraction(1, 100)
"""The clock of a GIF."""


def animate(
    *,
    source: str,
    destination: str,
    kind: str,
    limit_bytes: int,
    mark: Mapping[str, str] | None,
    comment: str,
    visible_text: str,
) -> Mapping[str, object]:
    """Write the animation.

    Args:
        source: The video.
        destination: The file to write.
        kind: "gif" or "webp".
        limit_bytes: Its largest size.
        mark: The values of its AIGC mark, by name; None for a file without.
        comment: A sentence for people, beside the mark.
        visible_text: A line for the first seconds; empty for none.

    Returns:
        `width_px` and `height_px`, and `frames_per_s`.

    Raises:
        UnusableVideoError: There is no frame, or the animation does not get so small.
    """
    survey = survey_of(source)
    film = _Film(source, survey.film.duration_s, (survey.width_px, survey.height_px), visible_text)
    room_bytes = limit_bytes - (_MARK_BYTES if mark is not None else 0)
    palette = _palette(film) if kind == _GIF else None
    number = _first_step(film, kind, room_bytes)
    for _ in range(_ATTEMPTS_MAX):
        step = _step(film, number)
        written_bytes = _write(film, step, destination, palette, room_bytes)
        if written_bytes <= room_bytes:
            _mark(Path(destination), kind, tags_of(mark, comment, survey.aigc))
            return {"width_px": step.width_px, "height_px": step.height_px, "frames_per_s": step.frames_per_s}
        smaller = _step_for(film, number, room_bytes / written_bytes * _ROOM)
        if smaller is None:
            break
        number = smaller
    raise UnusableVideoError("too_large")


@dataclass(frozen=True)
class _Film:
    source: str
    duration_s: float
    size_px: tuple[int, int]
    visible_text: str

    def pictures(self, frames_per_s: float, size_px: tuple[int, int]) -> Iterator[tuple[float, Image.Image]]:
        """Yield the film as it is shown at each tick: seconds from its beginning, and the picture."""
        tick, begin_s = 0, 0.0
        with closing(open_video(self.source)) as container:
            stream = film_of(container)
            for number, frame in enumerate(_frames(container, stream)):
                begin_s = frame.time or 0.0 if number == 0 else begin_s
                at_s = (frame.time or 0.0) - begin_s
                if at_s * frames_per_s + 0.01 < tick:
                    continue
                tick = int(at_s * frames_per_s + 0.01) + 1
                picture = shown_picture(frame, stream).resize(size_px, Image.Resampling.BOX, reducing_gap=2.0)
                yield at_s, line_on(picture, self.visible_text, at_s) if self.visible_text else picture


@dataclass(frozen=True)
class _Step:
    width_px: int
    height_px: int
    frames_per_s: int

    @property
    def pixels_per_s(self) -> int:
        return self.width_px * self.height_px * self.frames_per_s


def _frames(container: Any, stream: VideoStream) -> Iterator[VideoFrame]:  # noqa: ANN401 - an InputContainer
    for packet in container.demux(stream):
        for frame in decoded(packet):
            if frame.pts is not None:
                yield frame


def _step(film: _Film, number: int) -> _Step:
    longest_px, frames_per_s = _STEPS[number]
    width_px, height_px = film.size_px
    scale = min(1.0, longest_px / max(width_px, height_px))
    return _Step(max(2, round(width_px * scale)), max(2, round(height_px * scale)), frames_per_s)


def _first_step(film: _Film, kind: str, room_bytes: int) -> int:
    """Return the best step that may fit, by what such films take."""
    per_pixel = _BYTES_PER_PIXEL[kind]
    for number in range(len(_STEPS) - 1):
        if _step(film, number).pixels_per_s * film.duration_s * per_pixel <= room_bytes:
            return number
    return len(_STEPS) - 1


def _step_for(film: _Film, number: int, share: float) -> int | None:
    """Return the best later step with this share of a step's pixels, or the last one; None after the last."""
    if number == len(_STEPS) - 1:
        return None
    most = _step(film, number).pixels_per_s * share
    later = range(number + 1, len(_STEPS))
    return next((one for one in later if _step(film, one).pixels_per_s <= most), len(_STEPS) - 1)


def _palette(film: _Film) -> VideoFrame:
    """Return the 256 colours that fit the whole film best."""
    scale = min(1.0, _PALETTE_PX / max(film.size_px))
    size_px = (max(2, round(film.size_px[0] * scale)), max(2, round(film.size_px[1] * scale)))
    graph: Any = Graph()
    begin = graph.add_buffer(width=size_px[0], height=size_px[1], format="rgb24", time_base=_HUNDREDTHS)
    middle, end = graph.add("palettegen", "stats_mode=full"), graph.add("buffersink")
    begin.link_to(middle)
    middle.link_to(end)
    graph.configure()
    number = 0
    for number, (_, picture) in enumerate(
        film.pictures(_PALETTE_FRAMES / max(1.0, film.duration_s), size_px), 1
    ):
        begin.push(_frame_of(picture, number))
    if not number:
        raise UnusableVideoError("no_frame")
    begin.push(None)
    return end.pull()


def _write(film: _Film, step: _Step, destination: str, palette: VideoFrame | None, room_bytes: int) -> float:
    """Write the animation. Returns its size; where that exceeds the room, about what it would have been."""
    muxer = "gif" if palette is not None else "webp"
    with closing(av.open(destination, "w", format=muxer, options={"loop": "0"})) as opened:
        made = cast("Any", opened)  # PyAV's annotations of what is written are unknown in part
        stream = _stream_of(made, step, gif=palette is not None)
        colours = _Colours(palette, step) if palette is not None else None
        written_bytes, at_s, last_pts = 0, 0.0, -1
        for at_s, picture in film.pictures(step.frames_per_s, (step.width_px, step.height_px)):
            last_pts = max(round(at_s * 100), last_pts + 2)
            if colours is not None:
                frame = colours.of(_frame_of(picture.point(_COARSE), last_pts))
            else:
                frame = _frame_of(picture, last_pts).reformat(format="yuv420p")
            frame.pts, frame.time_base = last_pts, _HUNDREDTHS
            for packet in stream.encode(frame):
                written_bytes += packet.size
                made.mux_one(packet)
            if written_bytes > room_bytes:
                return written_bytes / min(1.0, max(0.02, at_s / max(0.1, film.duration_s)))
        for packet in stream.encode(None):
            made.mux_one(packet)
    if last_pts < 0:
        raise UnusableVideoError("no_frame")
    return float(Path(destination).stat().st_size)


def _stream_of(made: Any, step: _Step, *, gif: bool) -> Any:  # noqa: ANN401 - a VideoStream
    options = {} if gif else {"quality": str(_QUALITY), "compression_level": "3", "loop": "0"}
    stream = made.add_stream("gif" if gif else "libwebp_anim", rate=step.frames_per_s, options=options)
    stream.width, stream.height = step.width_px, step.height_px
    stream.pix_fmt = "pal8" if gif else "yuv420p"
    stream.codec_context.time_base = _HUNDREDTHS
    return stream


class _Colours:
    """Gives frames the colours of a palette, with a pattern that stays where it is from frame to frame."""

    def __init__(self, palette: VideoFrame, step: _Step) -> None:
        # Kept: its filters do not keep it, and without it FFmpeg's memory is gone.
        self._graph: Any = Graph()
        self._begin = self._graph.add_buffer(
            width=step.width_px, height=step.height_px, format="rgb24", time_base=_HUNDREDTHS
        )
        colours = self._graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format.name, time_base=_HUNDREDTHS
        )
        middle = self._graph.add("paletteuse", "dither=bayer:bayer_scale=4:diff_mode=rectangle")
        self._end = self._graph.add("buffersink")
        self._begin.link_to(middle, 0, 0)
        colours.link_to(middle, 0, 1)
        middle.link_to(self._end)
        self._graph.configure()
        palette.pts, palette.time_base = 0, _HUNDREDTHS
        colours.push(palette)
        colours.push(None)

    def of(self, frame: VideoFrame) -> VideoFrame:
        """Return a frame in these colours."""
        self._begin.push(frame)
        return self._end.pull()


def _frame_of(picture: Image.Image, pts: int) -> VideoFrame:
    # PyAV does not annotate this.
    make = cast("Callable[[Image.Image], VideoFrame]", VideoFrame.from_image)  # pyright: ignore[reportUnknownMemberType]
    frame = make(picture.convert("RGB"))
    frame.pts, frame.time_base = pts, _HUNDREDTHS
    return frame


def _mark(path: Path, kind: str, tags: Mapping[str, str]) -> None:
    if tags:
        text = json.dumps(tags, ensure_ascii=True)
        mark_gif(path, text) if kind == _GIF else mark_webp(path, tags)
