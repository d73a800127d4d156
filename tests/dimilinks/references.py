"""References of known content, honest and otherwise."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

PREFIX = b"data:image/png;base64,"


@dataclass
class Picture:
    """A Data URL of `size` bytes behind its prefix, given out in pieces; `promise`: its claimed length."""

    size: int = 1000
    chunk_bytes: int = 300
    promise: int | None = None
    fails_after: int | None = None
    given_bytes: int = field(default=0, init=False)
    closed: bool = field(default=False, init=False)

    @property
    def text(self) -> bytes:
        return PREFIX + b"iVBORw0KGgo=" * (self.size // 12) + b"A" * (self.size % 12)

    @property
    def length_bytes(self) -> int:
        return len(PREFIX) + self.size if self.promise is None else self.promise

    async def chunks(self) -> AsyncIterator[bytes]:
        text = self.text
        try:
            for start in range(0, len(text), self.chunk_bytes):
                if self.fails_after is not None and start >= self.fails_after:
                    raise OSError(5, "Input/output error", "/spool/secret-name.png")
                chunk = text[start : start + self.chunk_bytes]
                self.given_bytes += len(chunk)
                yield chunk
        finally:
            self.closed = True
