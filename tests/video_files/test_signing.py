"""What files are signed with: the operator's key and certificate or one's own, and named faults; no network."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.texts.console_marks import FAULTS
from bot.video_files.credentials import ContentCredentials, IdentityFiles, signing_pool
from bot.video_files.signing.faults import IdentityFault
from tests.images.encoded_videos import film
from tests.video_files.credentials import NOT_INSTALLED, REASON, shown

if NOT_INSTALLED:
    pytest.skip(REASON, allow_module_level=True)

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.video_files.signing import identity as identities
from bot.video_files.signing.identity import own_identity, read_identity
from bot.video_files.signing.manifest import sign_file

MIB = 1024 * 1024
DAY = timedelta(days=1)


@pytest.fixture
def files(tmp_path: Path) -> IdentityFiles:
    return IdentityFiles(tmp_path / "key.pem", tmp_path / "certificate.pem", made_here=False)


async def fault_of(files: IdentityFiles) -> str:
    """What the child says: a fault, or nothing."""
    async with signing_pool(768 * MIB) as pool:
        prepared = await ContentCredentials(pool, files).prepare()
    assert bool(prepared.fault) == (prepared.until is None)
    return prepared.fault


def issued(
    files: IdentityFiles,
    key: Any,
    *,
    begins: timedelta = -DAY,
    ends: timedelta = 30 * DAY,
    is_authority: bool = False,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> None:
    """Write a key, and a certificate for it as an authority issues it, with the authority's own below."""
    authority, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)

    def begun(name: str, public: Any) -> x509.CertificateBuilder:
        names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name(names))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Authority")]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
        )

    def usage(*, issues: bool) -> x509.KeyUsage:
        return x509.KeyUsage(not issues, False, False, False, False, issues, issues, False, False)  # noqa: FBT003

    of_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    above = (
        begun("Authority", authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage(issues=True), critical=True)
        .sign(authority, hashes.SHA256())
    )
    own = (
        begun("Operator", key.public_key())
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage(issues=is_authority), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(of_authority, critical=False)
        .sign(authority, hashes.SHA256())
    )
    files.key.write_bytes(key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()))
    files.certificate.write_bytes(own.public_bytes(Encoding.PEM) + above.public_bytes(Encoding.PEM))


KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.mark.parametrize("kind", KEYS)
async def test_the_operators_own_key_signs(files: IdentityFiles, kind: str, tmp_path: Path) -> None:
    issued(files, KEYS[kind](), purpose=ExtendedKeyUsageOID.EMAIL_PROTECTION)
    assert await fault_of(files) == ""
    identity = read_identity(files.key, files.certificate)
    source = tmp_path / "film.mp4"
    source.write_bytes(film(10))
    made = tmp_path / "signed.mp4"
    sign_file(identity, source, made, title="x", maker={"name": "x"}, original=None, changes=[])
    found = shown(made)
    assert found is not None
    assert found.state == "Valid"
    assert found.active["signature_info"]["issuer"] == "Operator"


async def test_a_key_in_the_older_form_signs(files: IdentityFiles) -> None:
    issued(files, KEYS["P-256"](), form=PrivateFormat.TraditionalOpenSSL)
    assert await fault_of(files) == ""


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"ends": -timedelta(hours=1)}, IdentityFault.EXPIRED),
        ({"begins": DAY}, IdentityFault.NOT_YET_VALID),
        ({"is_authority": True}, IdentityFault.REFUSED),
        ({"purpose": ExtendedKeyUsageOID.SERVER_AUTH}, IdentityFault.REFUSED),
        ({"encryption": BestAvailableEncryption(b"word")}, IdentityFault.KEY_UNREADABLE),
    ],
    ids=["expired", "not yet valid", "an authority", "for servers", "with a password"],
)
async def test_what_is_wrong_with_a_certificate_is_named(
    files: IdentityFiles, wrong: dict[str, Any], fault: IdentityFault
) -> None:
    issued(files, KEYS["P-256"](), **wrong)
    assert await fault_of(files) == fault


async def test_a_key_that_c2pa_does_not_know_is_named(files: IdentityFiles) -> None:
    issued(files, dsa.generate_private_key(2048))
    assert await fault_of(files) == IdentityFault.KEY_UNSUITABLE


async def test_files_that_are_missing_or_nonsense_are_named(files: IdentityFiles) -> None:
    assert await fault_of(files) == IdentityFault.MISSING
    issued(files, KEYS["P-256"]())
    right = files.certificate.read_bytes()
    files.certificate.write_bytes(b"nonsense")
    assert await fault_of(files) == IdentityFault.CERTIFICATE_UNREADABLE
    files.certificate.unlink()
    assert await fault_of(files) == IdentityFault.CERTIFICATE_UNREADABLE
    issued(files, KEYS["P-256"]())
    files.certificate.write_bytes(right)
    assert await fault_of(files) == IdentityFault.NO_PAIR
    files.key.write_bytes(b"\xff" * 100)
    assert await fault_of(files) == IdentityFault.KEY_UNREADABLE


async def test_a_folder_that_cannot_be_written_is_named(files: IdentityFiles, tmp_path: Path) -> None:
    (tmp_path / "marks").write_text("no folder")
    own = replace(files, key=tmp_path / "marks" / "key.pem", made_here=True)
    assert await fault_of(own) == IdentityFault.NOT_WRITTEN


@pytest.mark.parametrize("found", ["nonsense", "another key", "near its end"])
async def test_what_was_made_here_is_made_anew_where_it_does_not_last(
    files: IdentityFiles, monkeypatch: pytest.MonkeyPatch, found: str
) -> None:
    with monkeypatch.context() as patched:
        if found == "near its end":
            patched.setattr(identities, "_LIVES_FOR", 100 * DAY)
        first = own_identity(files.key, files.certificate)
    assert first.key.splitlines()[1].decode() not in repr(first)
    if found == "nonsense":
        files.key.write_bytes(b"nonsense")
    elif found == "another key":
        own_identity(files.key.with_name("other"), files.key.with_name("others"))
        files.key.with_name("other").rename(files.key)
    before = files.key.read_bytes()
    assert await fault_of(replace(files, made_here=True)) == ""
    assert files.key.read_bytes() != before
    assert read_identity(files.key, files.certificate).until > datetime.now(UTC) + 15 * 365 * DAY


def test_every_fault_has_its_words() -> None:
    assert set(FAULTS) == {*IdentityFault}


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server that has nothing, and notes what it is asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/credentials", asked
        server.shutdown()
        thread.join()


def test_an_address_in_an_original_is_not_asked(files: IdentityFiles, tmp_path: Path) -> None:
    identity = own_identity(files.key, files.certificate)
    plain, linked = tmp_path / "plain.mp4", tmp_path / "linked.mp4"
    plain.write_bytes(film(10))
    created = {"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}
    definition = {
        "title": "linked",
        "claim_generator_info": [{"name": "x"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, identity.certificates, identity.key, None)
    with listening() as (address, asked):
        with c2pa.Builder(definition) as builder, c2pa.Signer.from_info(info) as signer:
            builder.set_remote_url(address)
            builder.set_no_embed()
            with plain.open("rb") as source, linked.open("w+b") as made:
                builder.sign(signer, "video/mp4", source, made)
        with pytest.raises(c2pa.C2paError), linked.open("rb") as file:
            c2pa.Reader("video/mp4", file)
        assert asked == ["/credentials"], "a viewer asks"
        sign_file(
            identity, plain, tmp_path / "made", title="x", maker={"name": "x"}, original=linked, changes=[]
        )
        assert asked == ["/credentials"]
