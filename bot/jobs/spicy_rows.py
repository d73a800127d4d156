"""The jobs that continue a spicy video, as a condition on their rows."""

from sqlalchemy import ColumnElement, Text, cast, func

from bot.storage.tables import jobs


def continues_spicy() -> ColumnElement[bool]:
    """True for jobs of which a picture is the last frame of a spicy video, as `bot.jobs.request_facts` finds it."""
    known = func.coalesce(cast(jobs.c.pictures, Text), cast(jobs.c.sources, Text))
    # By the text of its JSON: a quotation mark in a name of a file is written with a backslash.
    return known.contains('"own_spicy_video": true', autoescape=True)
