"""Reasons why there is nothing to sign with. Imported by the bot and by the child: it imports no library."""

from enum import StrEnum


class IdentityFault(StrEnum):
    """Fault of the key or the certificate."""

    MISSING = "missing"
    KEY_UNREADABLE = "key_unreadable"
    """No file that can be read, no PEM, or one with a password."""
    KEY_UNSUITABLE = "key_unsuitable"
    """Of a kind that C2PA does not know."""
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    NO_PAIR = "no_pair"
    """The certificate is another key's."""
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REFUSED = "refused"
    """C2PA does not allow such a certificate."""
    NOT_WRITTEN = "not_written"
    """There is no place for a new one."""
