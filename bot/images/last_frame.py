"""Child process that saves a video's last frame: `python -m bot.images.last_frame SOURCE DESTINATION`.

It writes `ok` or a short reason of failure to standard output. `bot/images/conversion.py` starts it; it is a
process of its own for the reasons in `bot/images/convert.py`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.images.child import DONE, limit_resources
from bot.images.model import IMAGE_LIMITS


def save_last_frame(source: Path, destination: Path) -> str:
    """Save the frame that is shown last as a PNG. Returns `DONE` or a short reason of failure."""
    with av.open(str(source)) as container:
        if not container.streams.video:
            return "no video"
        stream = container.streams.video[0]
        if stream.width * stream.height > IMAGE_LIMITS.frame_pixels:
            return "too many pixels"
        last = _last_of(_from_last_key_frame(container, stream))
        if last is None:
            # The seek found no frame, for example because the header's duration is wrong: decode everything.
            container.seek(0)
            last = _last_of(container.decode(stream))
    if last is None:
        return "no frame"
    # PyAV does not annotate these.
    last.to_image().save(destination, "PNG")  # pyright: ignore[reportUnknownMemberType]
    return DONE


def _from_last_key_frame(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    # Other frames are differences to earlier ones: decoding can only begin at a key frame.
    if stream.duration is not None:
        container.seek((stream.start_time or 0) + stream.duration, stream=stream, backward=True)
    return container.decode(stream)


def _last_of(frames: Iterator[VideoFrame]) -> VideoFrame | None:
    """Return the frame with the latest timestamp. Decoders usually yield frames in that order, but need not."""
    last: VideoFrame | None = None
    for frame in frames:
        if last is None or (frame.pts or 0) >= (last.pts or 0):
            last = frame
    return last


def main(arguments: list[str]) -> None:
    """Save the frame named by the command line's arguments, within limits on memory and processor time."""
    limit_resources()
    source, destination = arguments
    try:
        output = save_last_frame(Path(source), Path(destination))
    # PyAV raises AttributeError for a stream without a decoder.
    except (OSError, ValueError, AttributeError, MemoryError, FFmpegError) as error:
        output = type(error).__name__
    sys.stdout.write(output)


if __name__ == "__main__":
    main(sys.argv[1:])
