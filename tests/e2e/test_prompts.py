"""Bad prompts and options, as a client that is not Discord's own might send them."""

import pytest

from tests.e2e.actors.harness import Harness


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", "The prompt is empty."),
        (" \n\t ", "The prompt is empty."),
        ("\u3000\u2003", "The prompt is empty."),
        ("x" * 2501, "The prompt has 2,501 characters; the limit is 2,500."),
    ],
)
async def test_a_bad_prompt_is_refused_privately_and_costs_nothing(
    harness: Harness, prompt: str, expected: str
) -> None:
    reply = await harness.video(prompt)
    shown = await harness.ended(reply)
    assert reply.ephemeral
    assert expected in shown.text()
    assert "This cost nothing." in shown.text()
    assert harness.bought == 0


async def test_the_longest_prompt_goes_through_whole(harness: Harness) -> None:
    prompt = "雨" * 2500
    reply = await harness.video(f"  {prompt}\n")
    await reply.wait_for_video(timeout_s=60)
    assert harness.sandbox.dimilinks.request_log.submissions[0].prompt == prompt


@pytest.mark.parametrize(
    ("option", "value"),
    [("seconds", "7"), ("size", "1920x1080"), ("resolution", "1080p"), ("preset", "wild")],
)
async def test_a_value_that_is_not_on_offer_is_refused(harness: Harness, option: str, value: str) -> None:
    reply = await harness.video(**{option: value})
    shown = await harness.ended(reply)
    assert reply.ephemeral
    assert f"The option *{option}* has a value that cannot be chosen." in shown.text()
    assert harness.bought == 0


async def test_formatting_and_mentions_in_a_prompt_stay_text(harness: Harness) -> None:
    reply = await harness.video("@everyone **loud** <@&1> [x](https://example.com)\n# big")
    shown = await reply.wait_for_video(timeout_s=60)
    quoted = next(line for line in shown.text().splitlines() if "everyone" in line)
    assert quoted.startswith("> \\@everyone \\*\\*loud\\*\\* \\<\\@&1\\> \\[x\\]")
    assert quoted.endswith("# big")
