"""Bad prompts and options, as a client that is not Discord's own might send them."""

import pytest

from tests.e2e.stage import Stage


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", "The prompt is empty."),
        (" \n\t ", "The prompt is empty."),
        ("\u3000\u2003", "The prompt is empty."),
        ("x" * 2501, "The prompt has 2,501 characters; at most 2,500 are possible."),
    ],
)
async def test_a_bad_prompt_is_refused_privately_and_costs_nothing(
    stage: Stage, prompt: str, expected: str
) -> None:
    reply = await stage.video(prompt)
    shown = await stage.ended(reply)
    assert reply.ephemeral
    assert expected in shown.text()
    assert "Nothing was charged." in shown.text()
    assert stage.bought == 0


async def test_the_longest_prompt_goes_through_whole(stage: Stage) -> None:
    prompt = "雨" * 2500
    reply = await stage.video(f"  {prompt}\n")
    await reply.wait_for_video(timeout_s=20)
    assert stage.sandbox.dimilinks.request_log.submissions[0].prompt == prompt


@pytest.mark.parametrize(
    ("option", "value"),
    [("seconds", "7"), ("size", "1920x1080"), ("resolution", "1080p"), ("preset", "wild")],
)
async def test_a_value_that_is_not_on_offer_is_refused(stage: Stage, option: str, value: str) -> None:
    reply = await stage.video(**{option: value})
    shown = await stage.ended(reply)
    assert reply.ephemeral
    assert f"The option *{option}* has a value that is not on offer." in shown.text()
    assert stage.bought == 0


async def test_formatting_and_mentions_in_a_prompt_stay_text(stage: Stage) -> None:
    reply = await stage.video("@everyone **loud** <@&1> [x](https://example.com)\n# big")
    shown = await reply.wait_for_video(timeout_s=20)
    quoted = next(line for line in shown.text().splitlines() if "everyone" in line)
    assert quoted.startswith("> \\@everyone \\*\\*loud\\*\\* \\<\\@&1\\> \\[x\\]")
    assert quoted.endswith("# big")
