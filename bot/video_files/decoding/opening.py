"""Opens a video file and finds the stream in it that players show."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

PIXELS_MAX: Final = 4096 * 4096
"""The most pixels of a frame that is decoded."""
_OPTIONS: Final = {
    # FFmpeg also opens playlists, which name other files and addresses: nothing but this file is opened, and a
    # playlist is no video.
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,avi,flv,mpegts,mpeg,asf,ogg",
}
_HEAD_ALONE: Final = {"skip_frame": "all"}
_COVERS: Final = Disposition.attached_pic | Disposition.timed_thumbnails


class UnusableVideoError(Exception):
    """A file cannot be used as a video. `problem` is a short technical term."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def open_video(source: str, *, look_inside: bool = True) -> InputContainer:
    """Open a file. Raises whatever FFmpeg does.

    Args:
        source: The video.
        look_inside: False where what the file's head says will do. Else FFmpeg decodes a frame of each stream to
            complete it, which takes tens of milliseconds.
    """
    return av.open(f"file:{Path(source)}", options=_OPTIONS if look_inside else _OPTIONS | _HEAD_ALONE)


def film_of(container: InputContainer) -> VideoStream:
    """Return the stream that players show: no cover picture, and the default one if there are several.

    Raises:
        UnusableVideoError: There is none, or its frames are too large.
    """
    films = [stream for stream in container.streams.video if not stream.disposition & _COVERS]
    if not films:
        raise UnusableVideoError("no_video")
    film = next((stream for stream in films if stream.disposition & Disposition.default), films[0])
    if film.width * film.height > PIXELS_MAX:
        raise UnusableVideoError("too_many_pixels")
    film.codec_context.thread_count = 1  # each thread would hold frames of its own
    return film


def decoded(packet: "Packet[VideoStream]") -> Sequence[VideoFrame]:
    """Return the frames that the decoder has after this packet; none if the packet is damaged."""
    try:
        return packet.decode()
    except FFmpegError:
        return ()
