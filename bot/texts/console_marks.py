"""Sentences about content credentials on the command line and in the log. The operator reads them in English."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

SIGNING_OFF: Final = "off, as FILE_MARK is"
SIGNING_MADE_LATER: Final = "work; the bot makes its key and certificate at its first start"

FAULTS: Final[Mapping[str, str]] = {
    "missing": "there are no files of the key and the certificate",
    "key_unreadable": "the key cannot be read: it has to be PEM, without a password",
    "key_unsuitable": "the key is none for ES256, ES384, ES512, PS256 or Ed25519",
    "certificate_unreadable": "the certificate cannot be read: it has to be PEM",
    "no_pair": "the first certificate belongs to another key",
    "not_yet_valid": "the certificate is not valid yet",
    "expired": "the certificate has expired",
    "refused": "C2PA does not allow this certificate: it has to come from an authority, for e-mail or documents",
    "not_written": "the folder marks in DATA_DIR cannot be written",
}


def signing_not_installed(command: str) -> str:
    """The extra that signs is not installed."""
    return f"off; {command} installs them"


def signing_works(until: datetime) -> str:
    """Something was signed, and can be until then."""
    return f"work; the certificate ends on {until:%Y-%m-%d}"


def signing_fails(fault: str, own_key: Path | None) -> str:
    """Nothing can be signed. `own_key` is the operator's, if there is one."""
    where = f"{own_key}: " if own_key is not None else ""
    return f"{where}{FAULTS.get(fault, fault)}; videos are posted with the AIGC tag alone"
