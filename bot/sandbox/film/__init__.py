"""Films for the local DimiLinks: real H.264 files, drawn from the prompt and the pictures."""

from bot.sandbox.film.order import FilmOrder
from bot.sandbox.film.studio import PyAvStudio, SampleStudio, Studio

__all__ = ["FilmOrder", "PyAvStudio", "SampleStudio", "Studio"]
