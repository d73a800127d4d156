"""Users' defaults for requests: the choices that apply where a request makes none."""

from bot.people.book import PreferenceBook
from bot.people.preferences import Preferences
from bot.people.store import PeopleStore

__all__ = ["PeopleStore", "PreferenceBook", "Preferences"]
