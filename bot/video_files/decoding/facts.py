"""Finds out how long a video is and how large it is shown, from its packets; one frame is decoded."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, cast

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from bot.video_files.decoding.display import shown_dimensions
from bot.video_files.decoding.opening import UnusableVideoError, decoded, film_of, open_video
from bot.video_files.decoding.survey import DECODED_MAX, packets_of, track_of

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


def _read(container: InputContainer, stream: VideoStream) -> Mapping[str, object]:
    film = track_of(stream)
    dimensions: tuple[int, int] | None = None
    for packet in packets_of(container, stream, None):
        film.add(packet)
        if dimensions is None and film.packets <= DECODED_MAX:
            frames = decoded(cast("Packet[VideoStream]", packet))
            dimensions = next((shown_dimensions(frame, stream) for frame in frames), None)
    if dimensions is None or not film.is_shown:
        raise UnusableVideoError("no_frame")
    return {
        "width_px": dimensions[0],
        "height_px": dimensions[1],
        "duration_s": film.duration_s,
        "claimed_s": _claimed_s(container, stream),
    }


def _claimed_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return float(container.duration * _CONTAINER_BASE) if container.duration is not None else None
