"""The pings of a message: what it mentions, less what `allowed_mentions` forbids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.discord.composing import Composition
from bot.sandbox.discord.people import User
from bot.sandbox.discord.versions import walk
from bot.sandbox.discord.wire import as_array, as_snowflake

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Pings:
    """The users and roles that get a notification."""

    users: tuple[User, ...] = ()
    role_ids: tuple[int, ...] = ()
    everyone: bool = False


def pings_of(body: Composition, known: Mapping[int, User], replied: User | None = None) -> Pings:
    """The pings of a message among the `known` users.

    Content and text displays ping, embeds never do; `replied`, the author replied to, is pinged as well.
    """
    texts = [body.content, *(str(node.get("content", "")) for node in walk(body.components))]
    text = "\n".join(texts)
    if "@" not in text and replied is None:
        return Pings()
    users = {int(found) for found in _USER.findall(text)}
    roles = {int(found) for found in _ROLE.findall(text)}
    everyone = _EVERYONE.search(text) is not None
    rules = body.allowed_mentions
    if rules is not None:
        parse = as_array(rules.get("parse")) or []
        if "users" not in parse:
            users &= {found for item in as_array(rules.get("users")) or [] if (found := as_snowflake(item))}
        if "roles" not in parse:
            roles &= {found for item in as_array(rules.get("roles")) or [] if (found := as_snowflake(item))}
        everyone = everyone and "everyone" in parse
    if replied is not None:
        users.add(replied.id)
    return Pings(
        tuple(known[user] for user in sorted(users) if user in known), tuple(sorted(roles)), everyone
    )
