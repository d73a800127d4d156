"""Compares films: how alike they look, and how long they are."""

from pathlib import Path
from statistics import fmean
from typing import Any

import av
from av.filter import Graph

_PYAV: Any = av  # its annotations leave out half of what is used here


def ssim(original: Path, other: Path) -> float:
    """Structural similarity of two films, frame by frame, in the size of the first; the mean of FFmpeg's `All`.

    Both are taken for BT.709 in limited range, so that nothing is converted but the size.
    """
    with _PYAV.open(str(original)) as one, _PYAV.open(str(other)) as two:
        streams = one.streams.video[0], two.streams.video[0]
        for stream in streams:
            stream.thread_type = "AUTO"
        graph: Any = Graph()
        sources = [graph.add_buffer(template=stream) for stream in streams]
        tags = "colorspace=bt709:range=limited:color_primaries=bt709:color_trc=bt709"
        tagged = [graph.add("setparams", tags) for _ in streams]
        scaled = graph.add("scale", f"{streams[0].width}:{streams[0].height}:flags=bicubic")
        compared, sink = graph.add("ssim"), graph.add("buffersink")
        for source, filtered in zip(sources, tagged, strict=True):
            source.link_to(filtered)
        tagged[1].link_to(scaled)
        tagged[0].link_to(compared, 0, 0)
        scaled.link_to(compared, 0, 1)
        compared.link_to(sink)
        graph.configure()
        found: list[float] = []
        for frames in zip(one.decode(streams[0]), two.decode(streams[1]), strict=True):
            for source, frame in zip(sources, frames, strict=True):
                source.push(frame)
            found.append(float(graph.pull().metadata["lavfi.ssim.All"]))
        return fmean(found)


def extent(path: Path, *, copied: bool = False) -> tuple[int, float, float]:
    """The number of frames that can be decoded (of a copy: of packets), and the seconds of film and of sound."""
    with _PYAV.open(str(path)) as container:
        film = container.streams.video[0]
        film.thread_type = "AUTO"
        found = (
            (packet for packet in container.demux(film) if packet.size) if copied else container.decode(film)
        )
        frames = sum(1 for _ in found)
        sound_s = sum(float(stream.duration * stream.time_base) for stream in container.streams.audio)
        return frames, float(film.duration * film.time_base), sound_s


def tags_of(path: Path) -> dict[str, str]:
    """The metadata of a film."""
    with _PYAV.open(str(path)) as container:
        return dict(container.metadata)
