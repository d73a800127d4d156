"""Writes a video's film and sound into a new mp4 as they are: its index in front, its tags, and nothing else."""

from collections.abc import Mapping
from contextlib import closing
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from bot.video_files.decoding.opening import film_of, open_video
from bot.video_files.decoding.survey import Survey, packets_of, sound_of

_PLAYED: Final = frozenset({"h264", "hevc", "av1", "vp9", "libdav1d"})
"""Films that players find in an mp4."""
_HEARD: Final = frozenset({"aac", "mp3", "mp3float", "opus", "libopus", "flac"})
_MUXING: Final = {
    # The index in front: players begin before the whole file is there. Keys of tags that mp4 does not know, such as
    # AIGC, are written in the form of QuickTime (moov/meta/keys).
    "movflags": "+faststart+use_metadata_tags",
}


def can_copy(survey: Survey) -> bool:
    """Tell if film and sound belong into an mp4 as they are, so that nothing needs to be encoded."""
    film, sound = survey.film, survey.sound
    return film.timed and film.codec in _PLAYED and (sound is None or (sound.timed and sound.codec in _HEARD))


def new_mp4(destination: str, tags: Mapping[str, str]) -> OutputContainer:
    """Open an mp4 to write."""
    container = av.open(f"file:{destination}", "w", format="mp4", options=_MUXING)
    container.metadata.update(tags)
    return container


def remux(source: str, destination: str, tags: Mapping[str, str]) -> None:
    """Copy the film and the sound that players show into a new file. Raises whatever FFmpeg does.

    Args:
        source: The video.
        destination: The file to write.
        tags: Metadata of the new file. None of the old is kept.
    """
    with (
        closing(open_video(source, look_inside=False)) as container,
        closing(new_mp4(destination, tags)) as made,
    ):
        film, sound = film_of(container), sound_of(container)
        copies: dict[int, Stream] = {film.index: copied(made, film)}
        if sound is not None:
            copies[sound.index] = copied(made, sound)
        for packet in packets_of(container, film, sound):
            if packet.dts is not None:
                packet.stream = copies[packet.stream_index]
                made.mux_one(packet)  # pyright: ignore[reportUnknownMemberType] - annotated only in part


def copied(made: OutputContainer, stream: VideoStream | AudioStream) -> Stream:
    """Add a stream for packets of another one, with all that the other says of itself."""
    return made.add_stream_from_template(stream, opaque=True)  # pyright: ignore[reportUnknownMemberType]
