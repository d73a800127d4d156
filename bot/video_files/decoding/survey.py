"""Looks a video file over before it is changed, and after: what its packets hold. One frame is decoded."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, cast

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.video_files.decoding.credentials import credentials_bytes
from bot.video_files.decoding.display import shown_dimensions
from bot.video_files.decoding.look import FrameLook, look_of
from bot.video_files.decoding.opening import UnusableVideoError, decoded, film_of, open_video

DECODED_MAX: Final = 300
"""Packets in which a frame is looked for."""
_AIGC: Final = "AIGC"


@dataclass
class Track:
    """Packets of one stream.

    Attributes:
        codec: Name of its codec.
        packets: Number of packets.
        size_bytes: Their size.
        checksum: CRC-32 of the decoder's parameters and of their content.
        timed: True if each has a time to be decoded at.
        base: Unit of their times in seconds.
    """

    codec: str
    base: Fraction
    packets: int = 0
    size_bytes: int = 0
    checksum: int = 0
    timed: bool = True
    _first: int | None = field(default=None, repr=False)
    _last: int = field(default=0, repr=False)
    _end: int = field(default=0, repr=False)

    @property
    def is_shown(self) -> bool:
        """True if a packet says when it is shown."""
        return self._first is not None

    @property
    def duration_s(self) -> float:
        """Seconds that the packets cover that are shown."""
        return 0.0 if self._first is None else float((self._end - self._first) * self.base)

    def add(self, packet: "Packet[Stream]") -> None:
        """Count a packet."""
        if not packet.size:
            return
        self.timed = self.timed and packet.dts is not None
        self.packets += 1
        self.size_bytes += packet.size
        self.checksum = zlib.crc32(packet, self.checksum)
        if packet.pts is None or packet.is_discard or packet.is_corrupt:
            return
        if self._first is None or packet.pts >= self._last:
            # A packet lasts until the next one in the file, which is not always the next one shown: before a gap it
            # may last beyond the end of the film. So what is shown last counts.
            self._last, self._end = packet.pts, packet.pts + (packet.duration or 0)
        self._first = packet.pts if self._first is None else min(self._first, packet.pts)


@dataclass(frozen=True)
class Survey:
    """Contents of a video file.

    Attributes:
        film: The stream that players show.
        sound: The stream that they play; None if the film is silent.
        width_px: Width as players show it, turned and with square pixels.
        height_px: Height, likewise.
        look: How its frames are stored.
        aigc: The mark that its maker put into the file; empty if there is none.
        credentials_bytes: Size of the C2PA content credentials that it carries; 0 if there are none.
    """

    film: Track
    sound: Track | None
    width_px: int
    height_px: int
    look: FrameLook
    aigc: str
    credentials_bytes: int

    @property
    def kept_bytes(self) -> int:
        """Size of what is kept when the file is written anew."""
        return self.film.size_bytes + (self.sound.size_bytes if self.sound is not None else 0)


def survey_of(source: str) -> Survey:
    """Look a file over.

    Raises:
        UnusableVideoError: There is no frame. Whatever FFmpeg raises about a damaged file comes through.
    """
    with closing(open_video(source, look_inside=False)) as container:
        stream, sound_stream = film_of(container), sound_of(container)
        film = track_of(stream)
        sound = track_of(sound_stream) if sound_stream is not None else None
        dimensions: tuple[int, int] | None = None
        look: FrameLook | None = None
        for packet in packets_of(container, stream, sound_stream):
            if packet.stream_index != stream.index:
                if sound is not None:
                    sound.add(packet)
                continue
            film.add(packet)
            if dimensions is None and film.packets <= DECODED_MAX:
                for frame in _at_once(cast("Packet[VideoStream]", packet), stream):
                    dimensions, look = shown_dimensions(frame, stream), look_of(frame, stream)
                    break
        if dimensions is None or look is None:
            raise UnusableVideoError("no_frame")
        if stream.average_rate is None and film.duration_s > 0:
            look = replace(
                look, frames_per_s=Fraction(film.packets / film.duration_s).limit_denominator(1001)
            )
        if sound is not None and not sound.packets:
            sound = None
        return Survey(
            film, sound, *dimensions, look, container.metadata.get(_AIGC, ""), credentials_bytes(source)
        )


def sound_of(container: InputContainer) -> AudioStream | None:
    """Return the stream that players play: the default one, or the first."""
    streams = container.streams.audio
    return next(
        (stream for stream in streams if stream.disposition & Disposition.default), next(iter(streams), None)
    )


def packets_of(
    container: InputContainer, film: VideoStream, sound: AudioStream | None
) -> "Iterator[Packet[Stream]]":
    """Yield the packets of both streams as they come, as far as the file can be read, then an empty one of each."""
    streams: list[Stream] = [film] if sound is None else [film, sound]
    try:
        yield from container.demux(*streams)
    except FFmpegError:
        return  # the file ends early; what was there is used


def _at_once(packet: "Packet[VideoStream]", stream: VideoStream) -> Sequence[VideoFrame]:
    """Return the frames of a packet, for which a decoder would else wait for those that are shown before."""
    frames = decoded(packet)
    if frames:
        return frames
    with suppress(FFmpegError):
        frames = stream.codec_context.decode(None)  # pyright: ignore[reportUnknownMemberType]
    stream.codec_context.flush_buffers()
    return frames


def packets_in(source: str) -> tuple[Track, Track | None]:
    """Return what a file holds of film and sound; nothing is decoded."""
    with closing(open_video(source, look_inside=False)) as container:
        film, sound = film_of(container), sound_of(container)
        tracks = {stream.index: track_of(stream) for stream in (film, sound) if stream is not None}
        for packet in packets_of(container, film, sound):
            tracks[packet.stream_index].add(packet)
        return tracks[film.index], tracks[sound.index] if sound is not None else None


def track_of(stream: VideoStream | AudioStream) -> Track:
    """Return a track without packets yet."""
    head = zlib.crc32(stream.codec_context.extradata or b"")
    return Track(stream.codec_context.name, stream.time_base or Fraction(1), checksum=head)
