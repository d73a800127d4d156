"""What the log says about a refused request: that a rule matched, and nothing about the user."""

import pytest

from bot.moderation.policy import Verdict
from bot.texts import log_entries, refusals
from bot.texts.messages import Language


def told(details: dict[str, object], language: Language) -> str:
    lines = log_entries.facts(1, details)
    return " ".join(line if isinstance(line, str) else line.in_language(language) for line in lines)


@pytest.mark.parametrize("stored", [Verdict.SHIPPED_RULE.value, "sexualises_minors"])
@pytest.mark.parametrize("language", Language)
def test_a_shipped_rule_matched_and_nobody_is_accused(stored: str, language: Language) -> None:
    shipped = told({"verdict": stored}, language)
    assert shipped
    assert shipped != told({"verdict": Verdict.WORDS_BLOCKED.value}, language)
    assert not any(word in shipped.lower() for word in ("minor", "sexual", "未成年", "色情", "児童", "性的"))


@pytest.mark.parametrize("verdict", [{}, {"verdict": Verdict.WORDS_BLOCKED.value}])
def test_held_and_refused_words_name_the_list_that_they_are_on_and_where_they_stand(
    verdict: dict[str, object],
) -> None:
    found: dict[str, object] = {"terms": ["red car"], "places": [[2, 9]]}
    said = told({**verdict, **found, "shipped": True}, Language.ENGLISH)
    assert said == "matched a built-in rule ||red car|| (3)"
    said = told({**verdict, **found, "shipped": False}, Language.ENGLISH)
    assert said == "matched a word on the list ||red car|| (3)"


def test_no_verdict_of_the_rules_accuses() -> None:
    assert not any("sexualise" in verdict or "minor" in verdict for verdict in Verdict)
    assert refusals.REFUSALS[Verdict.SHIPPED_RULE] == refusals.REFUSALS[Verdict.WORDS_BLOCKED]
