"""Labels of the buttons below a card."""

from typing import Final

from bot.texts.messages import named

REFRESH: Final = named("button", "Refresh")
MAKE: Final = named("button", "Make it")
CANCEL: Final = named("button", "Cancel")
STOP_WATCHING: Final = named("button", "Stop watching")
KEEP_WAITING: Final = named("button", "Let it finish")
TRY_AGAIN: Final = named("button", "Try again")
LOOK_AGAIN: Final = named("button", "Look again")
FETCH: Final = named("button", "Fetch the video")
ANEW: Final = named("button", "Again")
CHANGE: Final = named("button", "Change")
IN_720P: Final = named("button", "In 720p")
CONTINUE: Final = named("button", "Use last frame")
DELETE: Final = named("button", "Delete")
REPORT: Final = named("button", "Report")
