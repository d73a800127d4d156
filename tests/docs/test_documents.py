"""The documents agree with the code that they describe."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.metrics import Metrics
from bot.moderation.rules import ServerRules
from bot.settings import Settings
from bot.texts import commands, settings_panel
from bot.texts.console_start import PERMISSION_NAMES
from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Preset, Resolution, Seconds, Size
from tests.docs import configuration
from tests.docs.documents import AT_THE_ROOT, FOR_USERS, PAGES, ROOT, inline_code_of, name_of

OPTIONS = (ROOT / "docs/members/index.md").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
DOCUMENTS = [*AT_THE_ROOT, *PAGES, ROOT / "bot/README.md", ROOT / "tests/README.md"]
SOURCES = "".join(
    path.read_text("utf-8")
    for folder in ("bot", "cogs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "sandbox" not in path.parts
)
PATH = re.compile(r"`(\.?\w[\w.-]*/[\w./-]*)`")
MADE_LATER = {
    ".venv-run/bin/python",
    "backups/",
    "backups/replaced-",
    "data/backups/",
    "demo-out/",
    "marks/",
    "purchases/",
    "site/",
}
"""Files and folders that the bot and `make` make."""
NO_SETTINGS = {"DISCORD_OPENAPI", "NOTIFY_SOCKET"}
"""Names in capitals that are no settings of the bot."""


def test_the_page_about_settings_is_up_to_date() -> None:
    assert configuration.PAGE.read_text("utf-8") == configuration.page(), (
        "write it anew: python -m tests.docs.configuration"
    )


def test_the_example_has_every_setting_once_with_its_default_and_what_it_is_for() -> None:
    found = list(configuration.groups(EXAMPLE))
    names = [name for group in found for name, _ in group.values]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
    assert all(group.section and group.purpose for group in found)
    for group in found:
        for name, value in group.values:
            shown = configuration.shown_default(Settings.model_fields[name.lower()])
            assert shown in {f"`{value}`", "unset", "depends"} or shown.replace("`", "") == value.replace(
                ",", ", "
            )
            assert (shown in {"unset", "depends"}) is (value == ""), name


@pytest.mark.parametrize("document", FOR_USERS, ids=name_of)
def test_no_setting_is_named_that_does_not_exist(document: Path) -> None:
    named = {code.partition("=")[0] for code in inline_code_of(document)}
    settings = {name for name in named if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", name)}
    assert settings - NO_SETTINGS <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("choices", [Seconds, Size, Resolution, Preset])
def test_every_choice_is_listed(choices: type[Seconds | Size | Resolution | Preset]) -> None:
    name = choices.__name__.lower()
    assert f"| `{name}` | {', '.join(choice.value for choice in choices)} |" in OPTIONS


def test_every_preset_is_explained() -> None:
    assert re.findall(r"^\| \*(\w+)\* \|", OPTIONS, re.MULTILINE) == [preset.value for preset in Preset]


def test_the_limits_are_the_ones_that_hold() -> None:
    assert f"1 to {PROMPT_MAX_CHARS:,} characters" in OPTIONS
    assert f"`image{REFERENCES_MAX}`" in OPTIONS


def test_the_permissions_in_the_table_are_those_that_the_invitation_asks_for() -> None:
    text = (ROOT / "docs/operators/index.md").read_text("utf-8")
    table = text.partition("| permission | what for |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    listed = [
        name.removesuffix(" (optional)") for row in rows if "---" not in row for name in row.split(", ")
    ]
    assert sorted(listed) == sorted(PERMISSION_NAMES.values())


def test_every_setting_of_a_server_is_listed_with_what_it_is_at_first() -> None:
    text = (ROOT / "docs/moderators/rules.md").read_text("utf-8")
    table = text.partition("## What can be set")[2].partition("## ")[0]
    listed = dict(re.findall(r"^\| [^|]*\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE))
    names = ", ".join(listed)
    assert [name.english for name in settings_panel.FIELD_NAMES.values() if name.english not in names] == []
    for field, name in settings_panel.FIELD_NAMES.items():
        default = ServerRules.model_fields[field].default
        if isinstance(default, int) and default > 0:
            assert str(default) in listed[name.english].split(), field


def slash_commands() -> set[str]:
    return {name.english for name in commands.NAMES if name.context == "command"}


@pytest.mark.parametrize("document", FOR_USERS, ids=name_of)
def test_no_slash_command_or_option_of_one_is_named_that_does_not_exist(document: Path) -> None:
    options = {name.english for name in commands.NAMES if name.context == "option"}
    for code in inline_code_of(document):
        if re.match(r"/[a-z]+\b(?!/)", code) and not Path(code).is_dir():
            first, *others = code[1:].split()
            assert first in slash_commands(), code
            for other in others:
                name, colon, _ = other.partition(":")
                assert name in (options if colon else slash_commands()), code


def test_every_slash_command_is_described() -> None:
    text = "".join(page.read_text("utf-8") for page in FOR_USERS)
    said = {word for code in re.findall(r"`/([a-z ]+)", text) for word in code.split()}
    assert slash_commands() - said == set()


def test_metrics_and_events_in_the_documents_exist() -> None:
    text = (ROOT / "docs/operators/logs-and-metrics.md").read_text("utf-8")
    counted = {family.name for family in Metrics().registry.collect()}
    watched = {f"stillmotion_{name}" for name in re.findall(r'watch\(\s*"(\w+)"', SOURCES)}
    named = {name.removesuffix("_total") for name in re.findall(r"`(stillmotion_\w+)", text)}
    assert named == counted | watched
    events = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text.partition("## Metrics")[0]))
    assert len(events) > 10
    assert [event for event in sorted(events) if f'"{event}"' not in SOURCES] == []


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "requirements").iterdir()))
def test_dependencies_are_locked_with_hashes_and_without_a_registry(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pinned = re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[[^]]*\])?==", text, re.MULTILINE | re.IGNORECASE)
    assert len(pinned) >= 6
    assert text.count("--hash=sha256:") >= len(pinned)


def existing(document: Path, path: str) -> Path | None:
    """The file or folder that a document names, from the root or from its own folder, `.py` added or not."""
    found = (base / name for base in (ROOT, document.parent) for name in (path, f"{path}.py"))
    return next((one for one in found if one.exists()), None)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    named = {*PATH.findall(text)} - MADE_LATER
    assert [path for path in sorted(named) if existing(document, path) is None] == []


def defined(path: Path) -> Iterator[str]:
    """The classes and functions of a file, those of classes among them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_every_name_on_the_map_is_where_the_map_says() -> None:
    text = (ROOT / "bot" / "README.md").read_text("utf-8")
    named = re.findall(r"`([\w/]+\.py)` `([\w.]+)`", text)
    assert len(named) > 15
    assert [(path, name) for path, name in named if not {*name.split(".")} <= {*defined(ROOT / path)}] == []
