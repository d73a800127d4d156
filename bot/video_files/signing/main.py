"""Entry point of the child that signs.

Why it is a process of its own, and why it is given the names of files instead of signing what another one hands it:

- Children that decode videos may be taken over by one. None of them has the key in its memory, or can ask for a
  signature.
- This one decodes nothing. It reads the boxes of files that were written here and, where an original came with
  credentials, those; with a library in Rust, whose faults end in an error.
- The bot itself holds neither the key nor the library (30 MB, and twice the size of a file for a moment).

What this does not do: a child that was taken over is still a process of the same user, and could open the file of
the key by its name, as it could open `.env`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from bot.children.serving import serve
from bot.video_files.signing.faults import IdentityFault
from bot.video_files.signing.identity import UnusableIdentityError, own_identity, read_identity
from bot.video_files.signing.manifest import (
    UnreadableCredentialsError,
    UnsignableError,
    sign_file,
    try_identity,
)


def main() -> None:
    """Sign until nobody asks any more."""
    serve({"prepare": prepare, "sign": sign})


def prepare(*, key: str, certificate: str, made_here: bool) -> Mapping[str, object]:
    """Have something to sign with.

    Args:
        key: File of the private key.
        certificate: File of its certificates.
        made_here: True if both may be made.

    Returns:
        `until`, when the certificate ends, or `problem`.
    """

    def prepared() -> Mapping[str, object]:
        identity = (own_identity if made_here else read_identity)(Path(key), Path(certificate))
        try:
            try_identity(identity, Path.cwd())
        except UnsignableError:
            raise UnusableIdentityError(IdentityFault.REFUSED) from None
        return {"until": identity.until.isoformat()}

    return _answer(prepared)


def sign(
    *,
    key: str,
    certificate: str,
    source: str,
    destination: str,
    title: str,
    maker: Mapping[str, str],
    original: str,
    changes: Sequence[str],
) -> Mapping[str, object]:
    """Write a signed copy of an mp4, as `sign_file` does; `original` is empty if there is none.

    Returns:
        `kept`, which is True if the credentials of an original are in those of the copy, or `problem`.
    """

    def signed() -> Mapping[str, object]:
        # Read each time: the operator may replace it, and the child need not know.
        identity = read_identity(Path(key), Path(certificate))
        signing = partial(
            sign_file, identity, Path(source), Path(destination), title=title, maker=maker, changes=changes
        )
        if original:
            try:
                signing(original=Path(original))
            except UnreadableCredentialsError:
                pass  # nobody can read them: nothing is lost
            else:
                return {"kept": True}
        signing(original=None)
        return {"kept": False}

    return _answer(signed)


def _answer(task: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
    try:
        return task()
    except UnusableIdentityError as error:
        return {"problem": error.fault.value}
    except UnsignableError as error:
        return {"problem": error.problem}
