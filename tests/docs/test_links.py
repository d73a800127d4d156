"""Links of the documents: inside the repository all of them lead somewhere; outside, to hosts that are known."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.documents import DOCUMENTS, PAGES, ROOT, anchors_of, links_of, name_of

KNOWN_HOSTS = {
    "c2pa.org",
    "cli.github.com",
    "discord.com",
    "docs.astral.sh",
    "docs.tomoribot.app",
    "github.com",
    "keepachangelog.com",
    "pre-commit.com",
    "prometheus.io",
    "semver.org",
    "utensils.io",
    "zensical.org",
}
"""Sites of projects, none of them a registry of packages. A host that is not among them is a decision."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_inside_lead_to_a_file_and_to_a_heading_of_it(document: Path) -> None:
    lost = list[str]()
    for link in links_of(document):
        target = urlsplit(link)
        if target.scheme:
            continue
        file = (document.parent / target.path).resolve() if target.path else document
        if not file.exists() or (target.fragment and target.fragment not in anchors_of(file)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_link_to_pages_only_so_that_the_site_is_whole(page: Path) -> None:
    inside = [link for link in links_of(page) if not urlsplit(link).scheme]
    outside = [
        link
        for link in inside
        if not (page.parent / urlsplit(link).path).resolve().is_relative_to(ROOT / "docs")
    ]
    assert outside == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_outside_are_addresses_of_known_hosts(document: Path) -> None:
    outside = [urlsplit(link) for link in links_of(document) if urlsplit(link).scheme]
    assert {link.scheme for link in outside} <= {"https"}
    assert {link.netloc for link in outside} <= KNOWN_HOSTS
    assert [link for link in outside if re.search(r"\s|\.$", link.geturl())] == []


def test_every_page_is_in_the_table_of_contents() -> None:
    named = re.findall(r'"([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text("utf-8"))
    assert sorted(named) == sorted(page.relative_to(ROOT / "docs").as_posix() for page in PAGES)
