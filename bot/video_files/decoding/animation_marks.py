"""Tags of animations that say that a machine made them: a comment in a GIF, XMP in a WebP file."""

import os
import struct
from collections.abc import Mapping
from html import escape  # `xml.sax` would load half of `urllib` and `http`
from pathlib import Path
from typing import Final

from bot.video_files.decoding.opening import UnusableVideoError

_TRAILER: Final = b";"
_COMMENT: Final = b"!\xfe"
_BLOCK_BYTES: Final = 255
_EXTENDED: Final = b"VP8X"
_FLAGS_AT: Final = 20
_HAS_XMP: Final = 0x04
_AI_MADE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_XMP: Final = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" \
xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">\
<Iptc4xmpExt:DigitalSourceType>{made}</Iptc4xmpExt:DigitalSourceType>\
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{comment}</rdf:li></rdf:Alt></dc:description>\
<TC260:AIGC>{mark}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta>"""


def mark_gif(path: Path, text: str) -> None:
    """Put a comment before the end of a GIF. Players show none; programs find it."""
    content = text.encode("ascii")
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != _TRAILER:
            raise UnusableVideoError("no_trailer")
        file.seek(-1, os.SEEK_END)
        file.write(_COMMENT)
        for start in range(0, len(content), _BLOCK_BYTES):
            block = content[start : start + _BLOCK_BYTES]
            file.write(bytes([len(block)]) + block)
        file.write(b"\0" + _TRAILER)


def mark_webp(path: Path, tags: Mapping[str, str]) -> None:
    """Add XMP to an animated WebP file, by the tags of `marking.tags_of`."""
    comment, mark = (escape(tags.get(name, ""), quote=False) for name in ("comment", "AIGC"))
    filled = _XMP.format(made=_AI_MADE, comment=comment, mark=mark)
    content = filled.encode()
    with path.open("r+b") as file:
        head = file.read(_FLAGS_AT + 1)
        if head[8:16] != b"WEBP" + _EXTENDED:
            raise UnusableVideoError("no_extended_webp")
        file.seek(0, os.SEEK_END)
        file.write(b"XMP " + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2))
        size_bytes = file.tell()
        file.seek(4)
        file.write(struct.pack("<I", size_bytes - 8))
        file.seek(_FLAGS_AT)
        file.write(bytes([head[_FLAGS_AT] | _HAS_XMP]))
