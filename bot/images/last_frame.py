"""The child process that takes a video's last frame: `python -m bot.images.last_frame SOURCE DESTINATION`.

The outcome is `ok` on standard output, or a word on what went wrong. Decoding runs here and not in the bot's
process for the reasons that `bot.images.convert` names.
"""

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.images.child import DONE
from bot.images.model import IMAGE_LIMITS

_MEMORY_LIMIT_BYTES: Final = 3 * 1024**3
_CPU_LIMIT_S: Final = 60


def save_last_frame(source: Path, destination: Path) -> str:
    """Write the frame that is shown last as a PNG; `DONE`, or what went wrong."""
    with av.open(str(source)) as container:
        if not container.streams.video:
            return "no video"
        stream = container.streams.video[0]
        if stream.width * stream.height > IMAGE_LIMITS.frame_pixels:
            return "too many pixels"
        last = _last_of(_from_last_key_frame(container, stream))
        if last is None:
            container.seek(0)
            last = _last_of(container.decode(stream))
    if last is None:
        return "no frame"
    # PyAV leaves these without types
    last.to_image().save(destination, "PNG")  # pyright: ignore[reportUnknownMemberType]
    return DONE


def _from_last_key_frame(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    if stream.duration is not None:
        container.seek((stream.start_time or 0) + stream.duration, stream=stream, backward=True)
    return container.decode(stream)


def _last_of(frames: Iterator[VideoFrame]) -> VideoFrame | None:
    """The frame with the latest moment: decoders hand out frames in that order, but need not."""
    last: VideoFrame | None = None
    for frame in frames:
        if last is None or (frame.pts or 0) >= (last.pts or 0):
            last = frame
    return last


def main(arguments: list[str]) -> None:
    """Save as the arguments say, within limits on memory and processor time."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    os.nice(5)
    source, destination = arguments
    try:
        told = save_last_frame(Path(source), Path(destination))
    # AttributeError: what PyAV raises for a stream without a decoder
    except (OSError, ValueError, AttributeError, MemoryError, FFmpegError) as error:
        told = type(error).__name__
    sys.stdout.write(told)


if __name__ == "__main__":
    main(sys.argv[1:])
