"""`/settings` has words for everything that can be changed."""

import pytest

from bot.moderation.servers.changes import Field
from bot.texts.settings_panel import FIELD_HINTS, FIELD_NAMES


@pytest.mark.parametrize("texts", [FIELD_NAMES, FIELD_HINTS], ids=["names", "hints"])
def test_every_field_has_words(texts: dict[str, object]) -> None:
    """A channel's modes have the words of the server's."""
    assert set(texts) == {field.value for field in Field if field is not Field.CHANNEL_MODES}
