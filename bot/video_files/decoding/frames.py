"""Takes single frames out of a video."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final, cast

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageStat

from bot.video_files.decoding.colours import as_rgb
from bot.video_files.decoding.display import shown_picture
from bot.video_files.decoding.opening import UnusableVideoError, decoded, film_of, open_video

_BEGINNING_S: Final = 5.0
"""Seconds in which a frame is looked for that shows something."""
_SAMPLE_PX: Final = (32, 32)
_EVEN: Final = 4.0
"""Standard deviation of brightness below which a frame shows nothing but noise."""
_BLACK: Final = 24
_WHITE: Final = 231


def last_frame(source: str, destination: str) -> Mapping[str, object]:
    """Save the frame that is shown last as a PNG.

    Args:
        source: The video.
        destination: The file to write.

    Returns:
        `width_px` and `height_px` of the picture.

    Raises:
        UnusableVideoError: There is none. Whatever FFmpeg raises about a damaged file comes through.
    """
    with open_video(source) as container:
        stream = film_of(container)
        last = _last_of(_from_last_key_frame(container, stream))
        if last is None:
            # The seek found no frame, for example because the header's duration is wrong: decode everything.
            container.seek(0)
            last = _last_of(container.decode(stream))
        return _save(last, stream, destination)


def first_frame(source: str, destination: str) -> Mapping[str, object]:
    """Save the first good frame as a PNG: one that can be decoded, and is not all black or white.

    Videos often begin with such a frame. Where the first seconds have nothing else, it is the very first one.
    Arguments, result and errors are those of `last_frame`.
    """
    with open_video(source) as container:
        stream = film_of(container)
        first: VideoFrame | None = None
        for frame in _early(container, stream):
            first = first or frame
            if _shows_something(frame):
                first = frame
                break
        return _save(first, stream, destination)


def _save(frame: VideoFrame | None, stream: VideoStream, destination: str) -> Mapping[str, object]:
    if frame is None:
        raise UnusableVideoError("no_frame")
    picture = shown_picture(frame, stream)
    picture.save(destination, "PNG")
    return {"width_px": picture.width, "height_px": picture.height}


def _from_last_key_frame(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    # Other frames are differences to earlier ones: decoding can only begin at a key frame.
    if stream.duration is not None:
        container.seek((stream.start_time or 0) + stream.duration, stream=stream, backward=True)
    elif container.duration is not None:
        container.seek((container.start_time or 0) + container.duration, backward=True)
    return container.decode(stream)


def _last_of(frames: Iterator[VideoFrame]) -> VideoFrame | None:
    """Return the frame with the latest timestamp. Decoders usually yield frames in that order, but need not."""
    last: VideoFrame | None = None
    for frame in frames:
        if last is None or (frame.pts or 0) >= (last.pts or 0):
            last = frame
    return last


def _early(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Yield the frames of the first seconds, as far as they can be decoded and the file can be read."""
    begin_s: float | None = None
    with suppress(FFmpegError):
        for packet in container.demux(stream):
            for frame in decoded(packet):
                at_s = frame.time or 0.0
                begin_s = at_s if begin_s is None else begin_s
                if at_s - begin_s > _BEGINNING_S:
                    return
                yield frame


def _shows_something(frame: VideoFrame) -> bool:
    small = cast("Image.Image", as_rgb(frame, *_SAMPLE_PX).to_image())  # pyright: ignore[reportUnknownMemberType]
    brightness = ImageStat.Stat(small.convert("L"))
    return brightness.stddev[0] > _EVEN or _BLACK < brightness.mean[0] < _WHITE
