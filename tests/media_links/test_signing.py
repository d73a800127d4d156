"""Signed paths: who changes one has none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media_links.signing import LinkSigner, link_key

NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
END = NOW + timedelta(hours=1)
JOB = "0123456789abcdef" * 2
SIGNER = LinkSigner(b"k" * 32)


def test_a_path_leads_to_its_job_until_its_end() -> None:
    path = SIGNER.path_to(JOB, END)
    assert SIGNER.job_of(path, NOW) == JOB
    assert SIGNER.job_of(path, END - timedelta(seconds=1)) == JOB
    assert SIGNER.job_of(path, END) is None


def test_another_key_reads_nothing() -> None:
    assert LinkSigner(b"l" * 32).job_of(SIGNER.path_to(JOB, END), NOW) is None


@given(place=st.integers(0, 200), new=st.characters(codec="ascii"))
def test_a_changed_path_leads_nowhere(place: int, new: str) -> None:
    path = SIGNER.path_to(JOB, END)
    at = place % len(path)
    changed = path[:at] + new + path[at + 1 :]
    assert (SIGNER.job_of(changed, NOW) == JOB) is (changed == path)


@pytest.mark.parametrize(
    "path",
    ["/", "//", "/../links.key", f"/{JOB}", f"/{JOB}/9999999999/", "/" * 9000, "/\x00", "/%2e%2e/x"],
)
def test_what_is_no_path_of_ours_leads_nowhere(path: str) -> None:
    assert SIGNER.job_of(path, NOW) is None
    assert SIGNER.job_of(SIGNER.path_to(JOB, END) + path, NOW) is None


def test_the_key_is_made_once_and_is_for_the_bot_alone(tmp_path: Path) -> None:
    key = link_key(tmp_path)
    (file,) = tmp_path.iterdir()
    assert len(key) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert link_key(tmp_path) == key
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_replaced(tmp_path: Path) -> None:
    key = link_key(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(key[:7])
    assert link_key(tmp_path) not in {key, key[:7]}
    assert len(link_key(tmp_path)) == 32
