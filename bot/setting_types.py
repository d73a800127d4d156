"""Types of settings: each checks a value, and none quotes one, which may be a secret in the wrong place."""

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode
from yarl import URL

UNFIT: Final = "unfit_for_a_header"
"""Type of errors whose text is for the operator."""
FOLDER_URL: Final = "file://"
_BUCKET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def _http_url(text: str) -> str:
    url = URL(text)
    if url.scheme not in {"http", "https"} or not url.host or url.user is not None or url.query_string:
        raise ValueError("not an http or https address")
    return text.rstrip("/")


def _plain_hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    hosts = tuple(name.lower() for name in names)
    for entry in hosts:
        url = URL(f"//{entry}")
        if entry != url.authority or not url.host or "*" in entry:
            raise ValueError("not a host or host:port")
    return hosts


def _database_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("not a database address")
    return value


def _store_url(text: str) -> str:
    url = text if text == FOLDER_URL else text.rstrip("/")
    if url != FOLDER_URL and not _BUCKET.fullmatch(url):
        raise ValueError("not a store of files")
    return url


# Pydantic would parse a list in the environment as JSON; with `NoDecode` below, commas separate its items.
def _items(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _for_a_header(secret: SecretStr) -> SecretStr:
    """Refuse what no `Authorization` header can hold. The key or token goes there behind a scheme of its own."""
    text = secret.get_secret_value()
    for scheme in ("Bearer", "Bot"):
        if text.lower().startswith(f"{scheme.lower()} "):
            raise PydanticCustomError(UNFIT, f'without "{scheme} " in front')
    unfit = next((number for number, one in enumerate(text, 1) if not "!" <= one <= "~"), None)
    if unfit is not None:
        place = {"number": unfit, "code": f"U+{ord(text[unfit - 1]):04X}"}
        raise PydanticCustomError(UNFIT, "its character {number} ({code}) cannot be in a header", place)
    return secret


def _host_and_port(text: str) -> str:
    url = URL(f"//{text}")
    if text != url.authority or not url.host or url.explicit_port is None:
        raise ValueError("not host:port")
    return text


def _from_home(path: Path) -> Path:
    """Read `~` as shells do, which do not see `.env`."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("no home") from None


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_items), AfterValidator(_plain_hosts)]
Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_for_a_header)]
PlainSecret = Annotated[SecretStr, Field(min_length=1)]
Ids = Annotated[tuple[Annotated[int, Field(gt=0)], ...], NoDecode, BeforeValidator(_items)]
Terms = Annotated[
    tuple[Annotated[str, Field(min_length=2, max_length=100)], ...], NoDecode, BeforeValidator(_items)
]
AtLeastOne = Annotated[int, Field(ge=1)]
HostAndPort = Annotated[str, AfterValidator(_host_and_port)]
OwnPath = Annotated[Path, AfterValidator(_from_home)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]
