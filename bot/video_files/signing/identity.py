"""The key and the certificates that files are signed with: read, checked, and made where there are none.

C2PA wants a certificate that another one issued, for signing e-mail or documents, of no authority. An authority is
made for each and its key forgotten at once, so that nobody can ever issue another.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.video_files.signing.faults import IdentityFault

_LIVES_FOR: Final = timedelta(days=20 * 365)
"""Without a time stamp, which only a service in the network gives, a signature ends with its certificate."""
_RENEWED_BEFORE: Final = timedelta(days=10 * 365)
"""Rest of its life at which a certificate of our own is replaced: each signature counts for ten years."""
_CLOCKS_DIFFER_BY: Final = timedelta(days=1)
_ORGANIZATION: Final = "Stillmotion"
_PEM_MAX_BYTES: Final = 256 * 1024
_CURVES: Final[Mapping[str, str]] = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class UnusableIdentityError(Exception):
    """There is nothing to sign with."""

    def __init__(self, fault: IdentityFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class Identity:
    """Key and certificates that files are signed with.

    Attributes:
        algorithm: Name of the algorithm, as C2PA has it.
        key: The private key, PKCS #8 in PEM.
        certificates: The certificate and those above it, PEM.
        until: When the certificate ends.
    """

    algorithm: str
    key: bytes = field(repr=False)
    certificates: bytes
    until: datetime


def read_identity(key: Path, certificate: Path) -> Identity:
    """Read a key and its certificates. Raises `UnusableIdentityError`."""
    if not key.exists() and not certificate.exists():
        raise UnusableIdentityError(IdentityFault.MISSING)
    try:
        private = load_pem_private_key(_content_of(key), None)
        private_pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it wants a password
        raise UnusableIdentityError(IdentityFault.KEY_UNREADABLE) from None
    try:
        chain = x509.load_pem_x509_certificates(_content_of(certificate))
        own = _bytes_of(chain[0])
    except (OSError, ValueError, UnsupportedAlgorithm):
        raise UnusableIdentityError(IdentityFault.CERTIFICATE_UNREADABLE) from None
    match private:
        case EllipticCurvePrivateKey() if private.curve.name in _CURVES:
            algorithm = _CURVES[private.curve.name]
        case RSAPrivateKey():
            algorithm = "PS256"
        case Ed25519PrivateKey():
            algorithm = "ED25519"
        case _:
            raise UnusableIdentityError(IdentityFault.KEY_UNSUITABLE)
    if private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != own:
        raise UnusableIdentityError(IdentityFault.NO_PAIR)
    now = datetime.now(UTC)
    if now < chain[0].not_valid_before_utc:
        raise UnusableIdentityError(IdentityFault.NOT_YET_VALID)
    if now > chain[0].not_valid_after_utc:
        raise UnusableIdentityError(IdentityFault.EXPIRED)
    certificates = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    return Identity(algorithm, private_pem, certificates, chain[0].not_valid_after_utc)


def own_identity(key: Path, certificate: Path) -> Identity:
    """Read those that were made here, or make others where none last. Raises `UnusableIdentityError`."""
    try:
        found = read_identity(key, certificate)
    except UnusableIdentityError:
        found = None
    if found is not None and found.until - datetime.now(UTC) > _RENEWED_BEFORE:
        return found
    try:
        _make(key, certificate)
    except OSError:
        if found is not None:
            return found
        raise UnusableIdentityError(IdentityFault.NOT_WRITTEN) from None
    return read_identity(key, certificate)


def _make(key: Path, certificate: Path) -> None:
    authority, own = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    issuer = _name("Stillmotion authority of one")
    above = (
        _begun(issuer, issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority, hashes.SHA256())
    )
    of_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    ours = (
        _begun(_name("Stillmotion content credentials"), issuer, own.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(of_authority, critical=False)
        .sign(authority, hashes.SHA256())
    )
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A crash in between leaves two that are no pair, and the next start makes others.
    _write(key, own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(certificate, ours.public_bytes(Encoding.PEM) + above.public_bytes(Encoding.PEM))


def _begun(subject: x509.Name, issuer: x509.Name, public: EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER_BY)
        .not_valid_after(now + _LIVES_FOR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _bytes_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _content_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_PEM_MAX_BYTES)


def _write(path: Path, content: bytes) -> None:
    """Write a file that nobody else reads, under its name when it is whole."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
