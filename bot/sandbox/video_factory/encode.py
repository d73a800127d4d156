"""Encodes frames into an mp4. Runs in a child process: drawing and encoding would hold up an event loop."""

import os
from pathlib import Path
from typing import Any

import av

from bot.sandbox.video_factory.frames import frames
from bot.sandbox.video_factory.spec import VideoSpec

_PYAV: Any = av  # its annotations leave out half of what is used here
_BT709 = 1
_LIMITED = 1
_OPTIONS = {"preset": "superfast", "crf": "25", "tune": "animation"}


def encode(spec: VideoSpec, destination: Path) -> None:
    """Draw and encode the video: H.264, yuv420p, BT.709, its index in front so that players can start at once."""
    part = destination.with_suffix(".part")
    with _PYAV.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=spec.frames_per_s, options=_OPTIONS)
        stream.width, stream.height = spec.width_px * spec.enlarged, spec.height_px * spec.enlarged
        stream.pix_fmt = "yuv420p"
        for tag in ("colorspace", "color_primaries", "color_trc"):
            setattr(stream.codec_context, tag, _BT709)
        stream.codec_context.color_range = _LIMITED
        stream.codec_context.thread_count = os.cpu_count() or 1
        for number, picture in enumerate(frames(spec)):
            drawn = _PYAV.VideoFrame.from_image(picture)
            frame = drawn.reformat(stream.width, stream.height, "yuv420p", dst_colorspace=_BT709)
            frame.pts, frame.time_base = number, 1 / spec.frames_per_s
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part.replace(destination)
