"""Encodes frames into an mp4. Runs in a child process: drawing and encoding would hold up an event loop."""

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from bot.sandbox.video_factory.frames import frames
from bot.sandbox.video_factory.spec import FRAMES_PER_S, VideoSpec

_PYAV: Any = av  # its annotations leave out half of what is used here
_OPTIONS = {"preset": "superfast", "crf": "25", "tune": "animation"}


def encode(spec: VideoSpec, destination: Path) -> None:
    """Draw and encode the video: H.264, yuv420p, its index in front so that players can start at once."""
    part = destination.with_suffix(".part")
    with _PYAV.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options=_OPTIONS)
        stream.width, stream.height = spec.width_px, spec.height_px
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = os.cpu_count() or 1
        for number, picture in enumerate(frames(spec)):
            frame = _PYAV.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_S)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part.replace(destination)
