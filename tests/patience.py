"""What tests grant to a machine that is busy with other tests."""

from typing import Final

ACK_DEADLINE_S: Final = 30.0
"""How long the sandbox waits for an acknowledgement where that is not what is tested; Discord waits 3 seconds."""
