"""Signs files: who made them and that a machine did, by the rules of C2PA (content credentials)."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import c2pa  # pyright: ignore[reportMissingTypeStubs] - it has annotations, but does not say so

from bot.video_files.signing.identity import Identity

_MP4: Final = "video/mp4"
_PNG: Final = "image/png"
_SETTINGS: Final = json.dumps(
    {
        "version": 1,
        "verify": {
            # Sees to it that what is posted is valid. Nobody is trusted by this library, so trust is not looked at.
            "verify_after_sign": True,
            "verify_trust": False,
            "verify_timestamp_trust": False,
            # Nothing that a file names is fetched. The audit hook of children sees no sockets of the library.
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
        },
        "core": {"allowed_network_hosts": []},
        "builder": {"thumbnail": {"enabled": False}},
    }
)
_BUFFER_BYTES: Final = 1024 * 1024
"""The library reads and writes 8 kB at a time, which files without a buffer of their own would hand on."""
_CREATED: Final[Mapping[str, object]] = {
    "action": "c2pa.created",
    "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
}
_EARLIER: Final = "earlier"
_TRIAL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b5500"
    "00000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)
"""A picture of one pixel."""


class UnreadableCredentialsError(Exception):
    """The library makes nothing of the credentials of an original."""


class UnsignableError(Exception):
    """The library did not sign. `problem` is a short technical term; the library's own words may quote a file."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def sign_file(
    identity: Identity,
    source: Path,
    destination: Path,
    *,
    title: str,
    maker: Mapping[str, str],
    original: Path | None,
    changes: Sequence[str],
) -> None:
    """Write a signed copy of an mp4.

    Args:
        identity: What to sign with.
        source: The file.
        destination: The copy.
        title: Its name in its credentials.
        maker: Name and version of the program that signs.
        original: The video that the file was made of, if it has credentials: they are kept in those of the copy.
        changes: What was done to such an original: names of actions of C2PA.

    Raises:
        UnsignableError: There is none.
        UnreadableCredentialsError: There is none, for the original.
    """
    if original is None:
        # What is known is where it comes from; an original that says nothing of itself is no ingredient.
        actions = [_CREATED]
    else:
        opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_EARLIER]}}
        actions = [opened, *({"action": change} for change in changes)]
    definition = _definition(title, _MP4, maker, actions)
    with destination.open("w+b", buffering=_BUFFER_BYTES) as made:
        try:
            with (
                c2pa.Context.from_json(_SETTINGS) as context,
                c2pa.Builder(definition, context) as builder,
            ):
                if original is not None:
                    _keep(builder, original)
                with _signer(identity) as signer, source.open("rb", buffering=_BUFFER_BYTES) as content:
                    builder.sign(signer, _MP4, content, made)
        except c2pa.C2paError as error:
            raise UnsignableError(_term(error)) from None


def _keep(builder: c2pa.Builder, original: Path) -> None:
    ingredient = {"title": "video.mp4", "relationship": "parentOf", "label": _EARLIER}
    with original.open("rb", buffering=_BUFFER_BYTES) as earlier:
        try:
            builder.add_ingredient(ingredient, _MP4, earlier)  # pyright: ignore[reportUnknownMemberType] - annotated only in part
        except c2pa.C2paError:
            raise UnreadableCredentialsError from None


def try_identity(identity: Identity, folder: Path) -> None:
    """Sign a picture of one pixel. Raises `UnsignableError` if C2PA takes no such certificate."""
    source, made = folder / "trial.png", folder / "trial.signed.png"
    definition = _definition("trial", _PNG, {"name": "trial"}, [_CREATED])
    source.write_bytes(_TRIAL)
    try:
        with (
            c2pa.Context.from_json(_SETTINGS) as context,
            c2pa.Builder(definition, context) as builder,
            _signer(identity) as signer,
            source.open("rb") as content,
            made.open("w+b") as signed,
        ):
            builder.sign(signer, _PNG, content, signed)
    except c2pa.C2paError as error:
        raise UnsignableError(_term(error)) from None
    finally:
        source.unlink()
        made.unlink(missing_ok=True)


def _definition(
    title: str, kind: str, maker: Mapping[str, str], actions: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    return {
        "title": title,
        "format": kind,
        "claim_generator_info": [dict(maker)],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}, "created": True}],
    }


def _signer(identity: Identity) -> c2pa.Signer:
    algorithm = c2pa.C2paSigningAlg[identity.algorithm]
    # No address of a service that would put the time under the signature: nothing is asked in the network.
    info = c2pa.C2paSignerInfo(algorithm, identity.certificates, identity.key, None)
    return c2pa.Signer.from_info(info)


def _term(error: c2pa.C2paError) -> str:
    return f"c2pa_{type(error).__name__.removeprefix('_C2pa').lower()}"
