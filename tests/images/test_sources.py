"""From where pictures may come."""

import pytest

from bot.images.model import ImageSource
from bot.images.problems import ImageProblem
from bot.images.sources import check_source, is_allowed

HOSTS = ("cdn.discordapp.com", "media.discordapp.net", "127.0.0.1:8080")


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3&",
        "https://CDN.discordapp.com/a.png",
        "https://media.discordapp.net:443/a.png",
        "http://127.0.0.1:8080/a.png",
        "https://127.0.0.1:8080/a.png",
    ],
)
def test_discords_own_hosts_are_allowed(address: str) -> None:
    assert is_allowed(address, HOSTS)


@pytest.mark.parametrize(
    "address",
    [
        "http://cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com.evil.example/a.png",
        "https://evil.example/cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com@evil.example/a.png",
        "https://user:word@cdn.discordapp.com/a.png",
        "https://evil.example#@cdn.discordapp.com/a.png",
        "https://evil.example\\@cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com%2eevil.example/a.png",
        "https://sub.cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com./a.png",
        "ftp://cdn.discordapp.com/a.png",
        "file:///etc/passwd",
        "//cdn.discordapp.com/a.png",
        "http://127.0.0.1:8081/a.png",
        "http://127.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:8080/a.png",
        "https://cdn.discordapp.com:notaport/a.png",
        "",
        "not an address",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_allowed(address, HOSTS)


@pytest.mark.parametrize(
    ("size_bytes", "problem"),
    [(0, ImageProblem.EMPTY), (50_000_001, ImageProblem.TOO_LARGE), (50_000_000, None), (None, None)],
)
def test_what_the_announced_size_says_is_known_without_asking(
    size_bytes: int | None, problem: ImageProblem | None
) -> None:
    source = ImageSource("https://cdn.discordapp.com/a.png", "a.png", size_bytes)
    assert check_source(source, HOSTS) is problem
