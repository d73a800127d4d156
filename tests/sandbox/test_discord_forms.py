"""Choices while typing, and forms: what Discord refuses and what a person's client sends."""

import discord
import pytest
from discord import app_commands

from bot.sandbox.discord import InvalidInvocation
from tests.sandbox.raw_bot import RawBot, raw_bot
from tests.sandbox.small_bot import bot_session

TYPING = {
    "name": "jobs",
    "description": "x",
    "options": [
        {
            "type": 1,
            "name": "show",
            "description": "x",
            "options": [
                {"type": 3, "name": "job", "description": "x", "required": True, "autocomplete": True},
                {"type": 4, "name": "page", "description": "x", "required": True, "autocomplete": True},
                {"type": 3, "name": "kind", "description": "x", "choices": [{"name": "Own", "value": "own"}]},
            ],
        }
    ],
}


@pytest.fixture
def own_rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Discord's own description, which would refuse first and with another body."""
    monkeypatch.delenv("DISCORD_OPENAPI", raising=False)


async def answer(interaction: discord.Interaction) -> None:
    """The simplest handler."""
    await interaction.response.send_message("done")


async def test_discord_py_offers_choices_while_somebody_types() -> None:
    seen: list[tuple[str, object]] = []

    @app_commands.command(name="find", description="x")
    async def find(interaction: discord.Interaction, style: str, job: str) -> None:
        await answer(interaction)

    @find.autocomplete("job")
    async def offer(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        seen.append((current, interaction.namespace.style))
        if current == "nothing":
            return []
        return [app_commands.Choice(name=f"{current} {n}", value=str(n)) for n in range(25)]

    async with bot_session(answer) as s:
        s.bot.tree.add_command(find)
        await s.bot.tree.sync()
        where = {"user": s.ana, "channel": s.channel}
        choices = await s.discord.complete(
            "find", **where, focused="job", typed="cat", options={"style": "anime"}
        )
        assert [(c["name"], c["value"]) for c in choices] == [(f"cat {n}", str(n)) for n in range(25)]
        assert await s.discord.complete("find", **where, focused="job", typed="nothing") == []
        assert seen == [("cat", "anime"), ("nothing", None)]
        with pytest.raises(InvalidInvocation, match=r"'style' offers nothing.*\['job'\]"):
            await s.discord.complete("find", **where, focused="style", typed="a")
        assert s.discord.violations == []


async def test_autocomplete_carries_the_focused_option_as_text_and_needs_no_others() -> None:
    async with raw_bot(ack_deadline_s=0.2) as bot:
        await bot.register(TYPING)
        socket = await bot.connect()
        await socket.identify()
        where = {"user": bot.ana, "channel": bot.channel, "focused": "page", "typed": "1"}
        with pytest.raises(TimeoutError, match="loading options failed"):
            await bot.discord.complete("jobs show", **where, options={"kind": "Own"})
        data = await socket.event("INTERACTION_CREATE")
        assert data["type"] == 4
        (step,) = data["data"]["options"]
        assert step["options"] == [
            {"name": "kind", "type": 3, "value": "own"},
            {"name": "page", "type": 4, "value": "1", "focused": True},
        ]
        with pytest.raises(InvalidInvocation, match="none of"):
            await bot.discord.complete("jobs show", **where, options={"kind": "theirs"})
        with pytest.raises(TimeoutError, match="waited"):
            await bot.discord.complete("jobs show", **where, timeout_s=0.01)


@pytest.mark.parametrize(
    ("focused", "choices", "status"),
    [
        ("job", [{"name": "a", "value": "b"}] * 25, 200),
        ("job", [{"name": "n" * 100, "value": "v" * 100}], 200),
        ("page", [{"name": "2", "value": 2}], 200),
        ("job", [{"name": "a", "value": "b"}] * 26, 400),
        ("job", [{"name": "", "value": "b"}], 400),
        ("job", [{"name": "n" * 101, "value": "b"}], 400),
        ("job", [{"name": "a", "value": ""}], 400),
        ("job", [{"name": "a", "value": "v" * 101}], 400),
        ("job", [{"name": "a", "value": 2}], 400),
        ("page", [{"name": "2", "value": "2"}], 400),
    ],
)
async def test_choices_keep_to_the_limits(focused: str, choices: list[dict], status: int) -> None:
    async with raw_bot() as bot:
        await bot.register(TYPING)
        typing = bot.discord._clients.complete(
            "jobs show", bot.ana, bot.channel, {}, focused=focused, typed="x"
        )
        got, body = await bot.callback(typing, 8, {"choices": choices})
        assert (got, body.get("code")) == (status, None if status == 200 else 50035)
        if status == 200:
            assert await typing.wait_for_choices(1) == choices


def label(component: dict, **changes: object) -> dict:
    """A labelled input."""
    return {"type": 18, "label": component["custom_id"], "component": component} | changes


def field(kind: int, **changes: object) -> dict:
    """An input."""
    return {"type": kind, "custom_id": "x", "style": 1} | changes


def options(*values: str, default: tuple[str, ...] = (), **changes: object) -> list[dict]:
    """Options of a select, those in `default` chosen beforehand."""
    return [{"label": value, "value": value, "default": value in default} | changes for value in values]


def form(*components: dict) -> dict:
    """A form."""
    return {"title": "Edit", "custom_id": "edit", "components": list(components)}


def many(count: int) -> list[str]:
    """Different values."""
    return [str(number) for number in range(count)]


@pytest.mark.parametrize(
    ("component", "where"),
    [
        (field(4, value="v" * 4001), "component.value"),
        (field(4, max_length=4001), "component.max_length"),
        (field(4, max_length=0), "component.max_length"),
        (field(4, placeholder="p" * 101), "component.placeholder"),
        (field(3, options=[]), "component.options"),
        (field(3, options=options(*many(26))), "component.options"),
        (field(3, options=options("a", label="")), "component.options.0.label"),
        (field(3, options=options("a", label="l" * 101)), "component.options.0.label"),
        (field(3, options=options("a", "b" * 101)), "component.options.1.value"),
        (field(3, options=[{"label": "a"}]), "component.options.0.value"),
        (field(3, options=options("a", description="d" * 101)), "component.options.0.description"),
        (field(3, options=options("a", "b", default=("a", "b"))), "component.options"),
        (field(21, options=options("a", "b", default=("a", "b"))), "component.options"),
    ],
)
async def test_form_that_breaks_a_limit_is_refused(
    component: dict, where: str, own_rules_alone: None
) -> None:
    del own_rules_alone
    async with raw_bot() as bot:
        reply = await bot.ask()
        status, body = await bot.callback(reply, 9, form(label(component)))
        assert (status, body["code"]) == (400, 50035)
        node = body["errors"]["data"]["components"]["0"]
        for step in where.split("."):
            node = node[step]
        assert node["_errors"]
        assert reply.modal is None


async def test_form_at_its_limits_is_taken_and_a_long_description_is_not(own_rules_alone: None) -> None:
    del own_rules_alone
    async with raw_bot() as bot:
        full = form(
            label(field(4, value="v" * 4000, max_length=4000, placeholder="p" * 100), description="d" * 100),
            label(
                field(
                    3,
                    custom_id="y",
                    max_values=25,
                    options=options(*many(25), default=tuple(many(25)), description="d" * 100),
                )
            ),
        )
        assert (await bot.callback(await bot.ask(), 9, full))[0] == 200
        wrong = form(label(field(4), description="d" * 101))
        status, body = await bot.callback(await bot.ask(), 9, wrong)
        assert status == 400
        assert "description" in body["errors"]["data"]["components"]["0"]
        rows = form({"type": 1, "components": [field(4, value="v" * 4001)]})
        status, body = await bot.callback(await bot.ask(), 9, rows)
        assert body["errors"]["data"]["components"]["0"]["components"]["0"]["value"]["_errors"]


async def sent(bot: RawBot, component: dict, **values: object) -> dict:
    """What the client sends for one input, left alone unless a value is given."""
    reply = await bot.ask()
    assert (await bot.callback(reply, 9, form(label(component))))[0] == 200
    filled = await bot.discord.submit(reply, values)
    return filled.interaction.data["components"][0]["component"]


async def test_what_is_chosen_beforehand_is_sent_unless_it_was_changed() -> None:
    async with raw_bot() as bot:
        bot.discord.limiter.enabled = False
        select = field(3, options=options("a", "b", "c", default=("b", "c")), max_values=2)
        assert (await sent(bot, select))["values"] == ["b", "c"]
        assert (await sent(bot, select, x="a"))["values"] == ["a"]
        assert (await sent(bot, select | {"required": False}, x=[]))["values"] == []
        assert (await sent(bot, field(3, options=options("a"), required=False)))["values"] == []
        with pytest.raises(InvalidInvocation, match="0 picked"):
            await sent(bot, field(3, options=options("a")))
        radio = field(21, options=options("a", "b", default=("b",)))
        assert (await sent(bot, radio))["value"] == "b"
        assert (await sent(bot, radio, x="a"))["value"] == "a"
        assert (await sent(bot, field(21, options=options("a", "b"), required=False)))["value"] is None
        boxes = field(22, options=options("a", "b", "c", default=("a", "c")))
        assert (await sent(bot, boxes))["values"] == ["a", "c"]
        assert (await sent(bot, field(23, default=True)))["value"] is True
        assert (await sent(bot, field(23, default=True), x=False))["value"] is False
        assert (await sent(bot, field(4, value="a cat")))["value"] == "a cat"


async def test_discord_py_reads_the_preset_choice_of_a_select() -> None:
    class Form(discord.ui.Modal, title="Edit"):
        size = discord.ui.Label(
            text="Size",
            component=discord.ui.Select(
                options=[
                    discord.SelectOption(label="Small", value="s"),
                    discord.SelectOption(label="Large", value="l", default=True),
                ]
            ),
        )

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(" ".join(self.size.component.values))

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    async with bot_session(handler) as s:
        for values, picked in (({}, "l"), ({"Size": "s"}, "s")):
            opened = await s.ask()
            await opened.wait_for_modal(5)
            filled = await s.discord.submit(opened, values)
            assert (await filled.wait_for_answer(5)).content == picked
