"""Where redirects may lead: the cases that need https."""

import pytest
from yarl import URL

from bot.dimilinks import UnexpectedRedirectError
from bot.dimilinks.redirects import Hop, hop_after

START = Hop(URL("https://api.example/v1/videos/t/content"))


@pytest.mark.parametrize(
    ("location", "authorized"),
    [
        ("/elsewhere", True),
        ("https://api.example:443/x", True),
        ("https://API.example/x", True),
        ("https://api.example:8443/x", False),
        ("https://cdn.api.example/x", False),
        ("https://api.example.evil.example/x", False),
        ("//other.example/x", False),
        ("https://api.example@evil.example/x", False),
    ],
)
def test_key_goes_to_the_same_scheme_host_and_port_only(location: str, authorized: bool) -> None:  # noqa: FBT001 - a table's column
    assert hop_after(START, location).authorized is authorized


def test_encryption_is_never_given_up() -> None:
    with pytest.raises(UnexpectedRedirectError):
        hop_after(START, "http://api.example/x")
    assert hop_after(Hop(URL("http://api.example/")), "https://api.example/").authorized is False


def test_key_never_returns_once_it_was_left_behind() -> None:
    away = hop_after(START, "https://cdn.example/x")
    assert hop_after(away, "https://cdn.example/y").authorized is False
    back = hop_after(away, str(START.url))
    assert back.authorized is False
    assert hop_after(back, "/further").authorized is False
