"""People's text on a card cannot format, ping, flood or leak."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.texts.descriptions import of_video
from bot.texts.durations import clock, rest
from bot.texts.messages import Language
from bot.texts.moderation import whole_prompt
from bot.texts.quoting import (
    NAME_SHOWN_CHARS,
    PROMPT_SHOWN_CHARS,
    clip,
    quote_name,
    quote_prompt,
    quote_vendor,
)


def test_markdown_and_mentions_are_shown_as_typed() -> None:
    assert quote_prompt("**bold** `code` ||hidden|| <@1> @everyone") == (
        "\\*\\*bold\\*\\* \\`code\\` \\|\\|hidden\\|\\| \\<\\@1\\> \\@everyone"
    )


def test_a_prompt_cannot_start_a_heading_or_a_list() -> None:
    assert quote_prompt("# big") == "\\# big"
    assert quote_prompt("- item") == "\\- item"
    assert quote_prompt("1. item") == "1\\. item"


def test_line_breaks_do_not_leave_the_quote() -> None:
    assert quote_prompt("one\n\n# two\u2028three") == "one # two three"


@given(st.text(max_size=3000))
def test_quotes_are_bounded_single_lines(text: str) -> None:
    quoted = quote_prompt(text)
    assert len(quoted) <= 2 * PROMPT_SHOWN_CHARS
    assert len(quoted.splitlines()) <= 1
    assert len(quote_name(text)) <= 2 * NAME_SHOWN_CHARS + 2


@given(st.text(min_size=1), st.integers(min_value=2, max_value=50))
def test_clipping_keeps_within_the_limit(text: str, limit: int) -> None:
    assert len(clip(text, limit)) <= limit


def test_addresses_in_the_services_messages_are_never_shown() -> None:
    shown = quote_vendor("see https://cdn.example/v.mp4?sig=1 or www.example.com/x now")
    assert "example" not in shown
    assert shown == "see … or … now"


def test_durations_in_words() -> None:
    assert [clock(seconds) for seconds in (-5, 0, 59.9, 83, 3_723)] == [
        "0:00",
        "0:00",
        "0:59",
        "1:23",
        "1:02:03",
    ]
    assert [rest(seconds) for seconds in (0, 4, 7.6, 62)] == ["0:05", "0:05", "0:10", "1:00"]


def test_addresses_and_invitations_in_a_prompt_are_no_links() -> None:
    for address in ("https://evil.example/x", "HTTP://evil.example", "discord://-/x"):
        scheme, rest = address.split("//")
        split = f"{scheme}\N{WORD JOINER}//{rest}"
        assert quote_prompt(f"see {address}") == f"see {split}"
        assert split in whole_prompt(address)
        assert split in of_video(6.0, address, Language.ENGLISH)
    for invitation in ("discord.gg/abc", "discord.com/invite/abc", "DISCORDAPP.com/invite/abc", "dsc.gg/abc"):
        host, rest = invitation.split("/", 1)
        assert quote_prompt(f"join {invitation}") == f"join {host}\N{WORD JOINER}/{rest}"


def test_a_masked_link_is_shown_as_typed() -> None:
    assert quote_prompt("[free nitro](https://evil.example)") == (
        "\\[free nitro\\](https:\N{WORD JOINER}//evil.example)"
    )


def test_marks_that_turn_the_direction_are_left_out() -> None:
    assert quote_prompt("a\u202egnp.exe\u2066b") == "agnp.exeb"


@given(st.text(max_size=400))
def test_nothing_of_a_prompt_becomes_a_mention_or_a_link(text: str) -> None:
    quoted = quote_prompt(text)
    assert not re.search(r"(?<!\\)[<@]", quoted)
    assert "://" not in quoted
    assert not re.search(r"discord\.gg/", quoted, re.IGNORECASE)
