"""Checks the built site for what a browser would fetch from other hosts: `python -m tests.docs.site FOLDER`.

It needs nothing but Python, since `make docs` runs it in the environment that builds the site.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

_IN_PAGES = re.compile(
    r"<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|href)=[\"']?((?:https?:)?//[^\"' >]+)"
)
_IN_STYLES = re.compile(r"(?:@import|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)")


def fetched_elsewhere(folder: Path) -> Iterator[tuple[Path, str]]:
    """Addresses of other hosts from which pages and styles load something, with the file that does."""
    for pattern, suffix in ((_IN_PAGES, "*.html"), (_IN_STYLES, "*.css"), (_IN_STYLES, "*.html")):
        for file in sorted(folder.rglob(suffix)):
            yield from ((file, address) for address in pattern.findall(file.read_text("utf-8")))


def main() -> None:
    found = list(fetched_elsewhere(Path(sys.argv[1])))
    for file, address in found:
        sys.stderr.write(f"{file} loads {address}\n")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
