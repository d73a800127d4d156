"""Finds out how long a video is and how large it is shown, from its packets; one frame is decoded."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from bot.video_files.decoding.display import shown_dimensions
from bot.video_files.decoding.opening import UnusableVideoError, decoded, film_of, open_video

_DECODED_MAX: Final = 300
"""Packets in which a frame is looked for."""
_CONTAINER_BASE: Final = Fraction(1, 1_000_000)
"""FFmpeg counts a whole file's time in microseconds."""


def facts(source: str) -> Mapping[str, object]:
    """Tell how long a video is, and its dimensions.

    Args:
        source: The video.

    Returns:
        `width_px` and `height_px` as players show it; `duration_s`, which the packets that are there cover;
        `claimed_s`, the duration that the header states, or None.

    Raises:
        UnusableVideoError: There is no frame. Whatever FFmpeg raises about a damaged file comes through.
    """
    with open_video(source) as container:
        return _read(container, film_of(container))


class _Extent:
    """The time that packets cover, in units of their stream."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.end = 0

    def add(self, packet: "Packet[VideoStream]") -> None:
        """Count a packet, if it is whole and shown."""
        if packet.pts is None or packet.is_discard or packet.is_corrupt:
            return
        self.first = packet.pts if self.first is None else min(self.first, packet.pts)
        self.end = max(self.end, packet.pts + (packet.duration or 0))


def _read(container: InputContainer, stream: VideoStream) -> Mapping[str, object]:
    extent = _Extent()
    dimensions: tuple[int, int] | None = None
    try:
        for number, packet in enumerate(container.demux(stream)):
            extent.add(packet)
            if dimensions is None and number < _DECODED_MAX:
                dimensions = next((shown_dimensions(frame, stream) for frame in decoded(packet)), None)
    except FFmpegError:
        pass  # the file ends early; what was there is counted
    base = stream.time_base
    if dimensions is None or extent.first is None or base is None:
        raise UnusableVideoError("no_frame")
    return {
        "width_px": dimensions[0],
        "height_px": dimensions[1],
        "duration_s": float((extent.end - extent.first) * base),
        "claimed_s": _claimed_s(container, stream),
    }


def _claimed_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return float(container.duration * _CONTAINER_BASE) if container.duration is not None else None
