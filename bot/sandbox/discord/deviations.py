"""Where discord.py departs from the letter of the API description, and why the API takes it all the same.

Only what discord.py 2.7.1 was seen to send, and only at the fields where it was seen: everything else that
the description forbids is refused.
"""

import re
from dataclasses import dataclass

BOOLEAN_WORDS = frozenset({"true", "false", "1", "0"})
"""Booleans in a query. The description says boolean; discord.py sends 1 and 0 (`wait`, `with_components`,
`with_response`), which forms have always meant by it."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Faults of `validator`, a keyword, at `path`, a pattern (list positions are `*`), about a `kind`."""

    path: str
    validator: str
    kind: type
    reason: str

    def covers(self, path: str, validator: str, instance: object) -> bool:
        """True if this deviation covers the fault."""
        same = validator == self.validator and type(instance) is self.kind
        return same and re.fullmatch(self.path, path) is not None


BODY_DEVIATIONS = (
    Deviation(
        r"(?:data\.|message\.)?attachments\.\*\.id",
        "type",
        int,
        "File.to_dict and Attachment.to_dict send ids as numbers; the API reads snowflakes in both forms "
        "(DOCS reference 'ID Serialization').",
    ),
    Deviation(
        r"(?:message_reference\.(?:message_id|channel_id|guild_id)|recipient_id)",
        "type",
        int,
        "MessageReference.to_dict and start_private_message send ids as numbers; as above.",
    ),
    Deviation(
        r"(?:data\.)?allowed_mentions\.(?:users|roles)\.\*",
        "type",
        int,
        "AllowedMentions.to_dict sends ids as numbers; as above.",
    ),
    Deviation(
        r"(?:data\.)?(?:components\.\*\.)+default_values\.\*\.id",
        "type",
        int,
        "SelectDefaultValue.to_dict sends ids as numbers; as above.",
    ),
)
