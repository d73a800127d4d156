"""What the log says about a refused request: that a rule matched, and nothing about the user."""

import pytest

from bot.moderation.policy import Verdict
from bot.texts import refusals, spicy
from bot.texts.messages import Language


@pytest.mark.parametrize("stored", [Verdict.SHIPPED_RULE.value, "sexualises_minors"])
@pytest.mark.parametrize("language", Language)
def test_a_shipped_rule_matched_and_nobody_is_accused(stored: str, language: Language) -> None:
    told = spicy.action("request_refused", {"verdict": stored}).in_language(language)
    rule = spicy.action("request_refused", {"verdict": Verdict.WORDS_BLOCKED.value}).in_language(language)
    assert told != rule != spicy.action("request_refused", {}).in_language(language)
    assert not any(word in told.lower() for word in ("minor", "sexual", "未成年", "色情", "児童", "性的"))


def test_no_verdict_of_the_rules_accuses() -> None:
    assert not any("sexualise" in verdict or "minor" in verdict for verdict in Verdict)
    assert refusals.REFUSALS[Verdict.SHIPPED_RULE] == refusals.REFUSALS[Verdict.WORDS_BLOCKED]
