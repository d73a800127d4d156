"""Private parts of pictures: EXIF blocks with a place and a camera, XMP, comments, thumbnails."""

import struct
from collections.abc import Sequence

PLACE = b"Nowhere Lane 7, 2nd floor"
CAMERA = b"Serial 0-8-15 of a phone"
XMP_TEXT = b"Jane Roe took this"
COMMENT = b"a remark that nobody should read"
THUMBNAIL = b"pixels of an earlier version"
MAKER = b"what the maker of the camera notes"
PRIVATE = (PLACE, CAMERA, XMP_TEXT, COMMENT, THUMBNAIL, MAKER)
"""Bytes that are in no output."""

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'exif:GPSLatitude="52,31.2N"><dc:creator>'
    + XMP_TEXT
    + b"</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
    b'<?xpacket end="w"?>'
)

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 1, 2, 3, 4, 5, 7
SHORT, LONG, BYTE = _SHORT, _LONG, _BYTE
_ENTRY_BYTES = 12
_MAKE, _ORIENTATION, _GPS, _EXIF, _MAKER_NOTE = 0x010F, 0x0112, 0x8825, 0x8769, 0x927C

Field = tuple[int, int, int, bytes]
"""Tag, type, count and value of an entry; a value of more than four bytes is put behind the directory."""


def exif(
    orientation: int | None = None,
    *,
    order: str = "<",
    kind: int = SHORT,
    count: int = 1,
    place: bool = False,
    camera: bool = False,
    thumbnail: bool = False,
) -> bytes:
    """Return a TIFF block as EXIF uses it, without the `Exif` in front of it in JPEG.

    Args:
        orientation: The EXIF orientation.
        order: `<` for little, `>` for big endian.
        kind: Type of the orientation's value; the specification has SHORT.
        count: Number of the orientation's values.
        place: Adds a GPS directory.
        camera: Adds the camera's name and the maker's note.
        thumbnail: Adds a second directory with a thumbnail.
    """
    fields: list[Field] = []
    if camera:
        fields.append((_MAKE, _ASCII, len(CAMERA) + 1, CAMERA + b"\0"))
    if orientation is not None:
        form = {_BYTE: "B", _SHORT: "H", _LONG: "I"}[kind]
        fields.append((_ORIENTATION, kind, count, struct.pack(order + form * count, *[orientation] * count)))
    directories: list[tuple[int, list[Field]]] = []
    if camera:
        directories.append((_EXIF, [(_MAKER_NOTE, _UNDEFINED, len(MAKER), MAKER)]))
    if place:
        directories.append((_GPS, _gps(order)))
    return _block(order, fields, directories, THUMBNAIL if thumbnail else b"")


def _gps(order: str) -> list[Field]:
    degrees = struct.pack(order + "6I", 52, 1, 31, 1, 1234, 100)
    return [
        (1, _ASCII, 2, b"N\0"),
        (2, _RATIONAL, 3, degrees),
        (3, _ASCII, 2, b"E\0"),
        (4, _RATIONAL, 3, degrees),
        (0x1C, _UNDEFINED, len(PLACE), PLACE),
    ]


def _block(
    order: str, fields: list[Field], directories: Sequence[tuple[int, list[Field]]], thumbnail: bytes
) -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    # The directory's own size is known before its values are, as each entry has twelve bytes.
    at = 8 + 2 + _ENTRY_BYTES * (len(fields) + len(directories)) + 4
    behind = b""
    entries = list(fields)
    for tag, content in directories:
        entries.append((tag, _LONG, 1, struct.pack(order + "I", at + len(behind))))
        behind += _directory(order, content, at + len(behind))
    at_values = at + len(behind)
    if not thumbnail:
        return head + _directory(order, entries, 8, before_values=behind)
    inline = sum(len(value) for _, _, _, value in entries if len(value) > 4)
    at_second = at_values + inline
    at_thumbnail = at_second + 2 + _ENTRY_BYTES * 3 + 4
    second: list[Field] = [
        (0x0103, _SHORT, 1, struct.pack(order + "H", 6)),
        (0x0201, _LONG, 1, struct.pack(order + "I", at_thumbnail)),
        (0x0202, _LONG, 1, struct.pack(order + "I", len(thumbnail))),
    ]
    first = _directory(order, entries, 8, before_values=behind, following=at_second)
    return head + first + _directory(order, second, at_second) + thumbnail


def _directory(
    order: str, fields: Sequence[Field], at: int, *, before_values: bytes = b"", following: int = 0
) -> bytes:
    values_at = at + 2 + _ENTRY_BYTES * len(fields) + 4 + len(before_values)
    table, values = struct.pack(order + "H", len(fields)), b""
    for tag, kind, count, value in fields:
        short = len(value) <= 4
        held = value.ljust(4, b"\0") if short else struct.pack(order + "I", values_at + len(values))
        table += struct.pack(order + "HHI", tag, kind, count) + held
        values += b"" if short else value
    return table + struct.pack(order + "I", following) + before_values + values
