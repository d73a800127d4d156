"""Files that fit into messages: as they are, compressed, or compressed and cut into parts."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_CHUNK_BYTES: Final = 1 << 20


def fitted(path: Path, limit_bytes: int) -> Sequence[Path]:
    """Return files with the content of one, each at most `limit_bytes` large, in the same folder. Blocks.

    A file that is too large is compressed. If that is too large as well, it is cut into parts `.zip.001` and so on,
    which any archiver puts together.

    Raises:
        OSError: A file cannot be written.
    """
    if path.stat().st_size <= limit_bytes:
        return [path]
    archive = path.with_name(f"{path.name}.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.write(path, path.name)
    if archive.stat().st_size <= limit_bytes:
        return [archive]
    return _cut(archive, limit_bytes)


def _cut(path: Path, limit_bytes: int) -> Sequence[Path]:
    parts: list[Path] = []
    with path.open("rb") as whole:
        while chunk := whole.read(min(limit_bytes, _CHUNK_BYTES)):
            parts.append(path.with_name(f"{path.name}.{len(parts) + 1:03}"))
            with parts[-1].open("wb") as part:
                written = 0
                while chunk:
                    written += part.write(chunk)
                    chunk = (
                        whole.read(min(limit_bytes - written, _CHUNK_BYTES)) if written < limit_bytes else b""
                    )
    return parts
