"""Encodes a film and its sound into an mp4: H.264 and AAC, frame by frame."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, cast

from av.audio.stream import AudioStream
from av.codec.context import ThreadType
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.video_files.decoding.look import FrameLook
from bot.video_files.decoding.opening import decoded, film_of, open_video
from bot.video_files.decoding.plan import FRAMES_PER_S_MAX, Plan
from bot.video_files.decoding.remuxing import copied, new_mp4
from bot.video_files.decoding.survey import packets_of, sound_of

_SOUND_RATE: Final = 48_000
_THREADS_MAX: Final = 4
"""Each thread holds frames of its own."""
_THREADED_PIXELS_MAX: Final = 1920 * 1088
"""Larger frames are decoded by one thread, which holds few of them."""
_KEY_EVERY_S: Final = 10
_BEST_QUANTISER: Final = 12
"""Smallest quantiser, for films that are simple: finer steps than this nobody sees."""
_PEAK: Final = 2.0
_BUFFER_S: Final = 4.0


class TooManyBytesError(Exception):
    """The file grows beyond its limit. `expected_bytes` is how large it would have become."""

    def __init__(self, expected_bytes: int) -> None:
        super().__init__(expected_bytes)
        self.expected_bytes = expected_bytes


@dataclass(frozen=True)
class Encoding:
    """One attempt to compress a film.

    Attributes:
        source: The video.
        destination: The file to write.
        tags: Its metadata.
        plan: Bitrates and size.
        look: How the film's frames are stored and shown.
        frames: About the number of its frames.
        limit_bytes: Largest size of the file.
        drawn: Draws on frames before they are encoded; None if nothing is drawn.
        on_progress: Told the share that is done.
    """

    source: str
    destination: str
    tags: Mapping[str, str]
    plan: Plan
    look: FrameLook
    frames: int
    limit_bytes: int
    drawn: Callable[[VideoFrame, float], VideoFrame] | None
    on_progress: Callable[[float], None]

    def run(self) -> None:
        """Write the file. Raises `TooManyBytesError`, or whatever FFmpeg does."""
        with (
            closing(open_video(self.source)) as container,
            closing(new_mp4(self.destination, self.tags)) as made,
        ):
            _Run(self, container, made).all()


def use_threads(film: VideoStream) -> None:
    """Have a film decoded by several threads, if its frames are not too large for that."""
    if film.width * film.height <= _THREADED_PIXELS_MAX:
        film.thread_type = ThreadType.AUTO
        film.codec_context.thread_count = min(_THREADS_MAX, _cores())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Run:
    """The streams of one attempt, and what was written of them."""

    def __init__(self, order: Encoding, container: InputContainer, made: OutputContainer) -> None:
        self._order = order
        self._container = container
        # PyAV's annotations of what is written are unknown in part.
        self._made: Any = made
        self._film = film_of(container)
        self._sound = sound_of(container)
        self._base = self._film.time_base or Fraction(1, 90_000)
        use_threads(self._film)
        self._film_made = self._new_film()
        self._sound_made = self._new_sound() if self._sound is not None else None
        self._copies_sound = order.plan.sound_bits_per_s is None
        self._durations: dict[int, int] = {}
        self._frames = 0
        self._begin: int | None = None
        self._last: int | None = None
        self._written_bytes = 0

    def all(self) -> None:
        for packet in packets_of(self._container, self._film, self._sound):
            if packet.stream_index == self._film.index:
                for frame in decoded(cast("Packet[VideoStream]", packet)):
                    self._add(frame)
            else:
                self._add_sound(cast("Packet[AudioStream]", packet))
        self._write(self._film_made.encode(None))
        if self._sound_made is not None and not self._copies_sound:
            self._write(self._sound_made.encode(None))

    def _new_film(self) -> Any:  # noqa: ANN401 - a VideoStream
        plan, look, rate = self._order.plan, self._order.look, self._order.plan.film_bits_per_s
        frames_per_s = min(look.frames_per_s, Fraction(FRAMES_PER_S_MAX))
        options = {
            "preset": "veryfast",
            "profile": "high",
            "maxrate": str(int(rate * _PEAK)),
            "bufsize": str(int(rate * _BUFFER_S)),
            "qmin": str(_BEST_QUANTISER),
            "g": str(max(1, round(frames_per_s * _KEY_EVERY_S))),
        }
        film = self._made.add_stream("libx264", rate=frames_per_s, options=options)
        film.width, film.height, film.pix_fmt = plan.width_px, plan.height_px, "yuv420p"
        film.bit_rate = rate
        context = film.codec_context
        context.time_base = self._base
        context.thread_count = min(_THREADS_MAX, max(1, _cores() * 3 // 2))
        context.color_range = look.stored_range
        context.colorspace = look.stored_matrix(plan.width_px, plan.height_px)
        context.color_primaries, context.color_trc = look.primaries, look.transfer
        if look.pixel_ratio is not None:
            context.sample_aspect_ratio = look.pixel_ratio
        if look.matrix is not None:
            film.set_display_matrix(look.matrix)
        return film

    def _new_sound(self) -> Any:  # noqa: ANN401 - an AudioStream, or None
        sound = self._sound
        if sound is None:
            return None
        rate = self._order.plan.sound_bits_per_s
        if rate is None:
            return copied(cast("OutputContainer", self._made), sound)
        layout = "mono" if sound.codec_context.channels == 1 else "stereo"
        made = self._made.add_stream("aac", rate=_SOUND_RATE, layout=layout)
        made.bit_rate = rate
        return made

    def _add(self, frame: VideoFrame) -> None:
        """Encode a frame, unless it comes too soon after the one before."""
        if frame.pts is None:
            return
        self._frames += 1
        if self._begin is None:
            self._begin = frame.pts
        if self._last is not None and (frame.pts - self._last) * self._base < self._shortest_s():
            return
        self._last = frame.pts
        fitted = self._order.look.fitted(frame, self._order.plan.width_px, self._order.plan.height_px)
        if self._order.drawn is not None:
            fitted = self._order.drawn(fitted, float((frame.pts - self._begin) * self._base))
        fitted.pts, fitted.time_base, fitted.pict_type = frame.pts, self._base, 0
        self._durations[frame.pts] = frame.duration
        self._write(self._film_made.encode(fitted))
        self._order.on_progress(min(0.95, self._frames / max(1, self._order.frames)))

    def _shortest_s(self) -> Fraction:
        # Some room for times that are rounded to milliseconds. Never zero: encoders need times that rise.
        fast = self._order.look.frames_per_s > FRAMES_PER_S_MAX
        return Fraction(9, 10 * FRAMES_PER_S_MAX) if fast else self._base

    def _add_sound(self, packet: "Packet[AudioStream]") -> None:
        if self._sound_made is None:
            return
        if self._copies_sound:
            if packet.dts is not None:
                packet.stream = self._sound_made
                self._write([packet])
            return
        try:
            frames = packet.decode()
        except FFmpegError:
            return  # a damaged packet
        for frame in frames:
            self._write(self._sound_made.encode(frame))

    def _write(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            if packet.stream is self._film_made and packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, 0) or packet.duration
            self._written_bytes += packet.size
            self._made.mux_one(packet)
        if self._written_bytes > self._order.limit_bytes:
            share = min(1.0, max(0.05, self._frames / max(1, self._order.frames)))
            raise TooManyBytesError(int(self._written_bytes / share))
