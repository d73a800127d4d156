"""The Compose files, the systemd unit and the pages about them: well formed, and in agreement with the code."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from ruamel.yaml import YAML

from bot import supervision
from bot.cli.commands import app
from bot.cli.failure import ExitStatus
from bot.settings import Settings
from bot.storage.address import database_address
from tests.cli.shell import REPOSITORY, TIMEOUT_S

COMPOSE = REPOSITORY / "compose.yaml"
SEVERAL = REPOSITORY / "compose.several.yaml"
UNIT = REPOSITORY / "deploy" / "stillmotion.service"
PAGES = [REPOSITORY / "docs" / "operators" / name for name in ("by-hand.md", "docker.md", "systemd.md")]
SPARE_S = 10
"""Seconds beyond `STOP_GRACE_S` in which a stop closes what is open."""
EXPOSURE_AT_MOST = 2.0
BUILT_ELSEWHERE = {"backup", "restore"}


def grace_s() -> float:
    return Settings.model_fields["stop_grace_s"].default


def unit_values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)


def service() -> Any:
    return YAML(typ="safe").load(COMPOSE)["services"]["stillmotion"]


def test_compose_has_the_form_that_docker_expects() -> None:
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            COMPOSE,
            SEVERAL,
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_container_may_do_no_more_than_it_needs() -> None:
    assert service()["read_only"] is True
    assert service()["cap_drop"] == ["ALL"]
    assert service()["security_opt"] == ["no-new-privileges:true"]
    assert not service().keys() & {"privileged", "cap_add", "ports", "user", "network_mode"}


def test_several_processes_may_do_what_one_may_and_share_its_data() -> None:
    both = YAML(typ="safe").load(SEVERAL)
    parts = {name: one for name, one in both["services"].items() if name != "postgresql"}
    assert {name: (one["command"], one["deploy"]["replicas"]) for name, one in parts.items()} == {
        "gateway": ("gateway", 2),
        "worker": ("worker", 3),
    }
    for one in parts.values():
        assert one["extends"] == {"file": COMPOSE.name, "service": "stillmotion"}
        assert one.keys() == {"extends", "build", "image", "environment", "depends_on", "command", "deploy"}
        assert one["environment"].keys() == {"DATABASE_URL"}, "the password is in .env alone"
        assert one["depends_on"] == {"postgresql": {"condition": "service_healthy"}}
        address = database_address(one["environment"]["DATABASE_URL"], Path())
        assert address.name == "postgresql://postgresql/stillmotion"
    server = both["services"]["postgresql"]
    assert not server.keys() & {"privileged", "cap_add", "ports", "network_mode"}
    assert server["environment"]["POSTGRES_PASSWORD"].startswith("${PGPASSWORD:?")
    assert both["volumes"].keys() == {"data", "database"}


def test_every_supervisor_waits_longer_for_a_stop_than_the_bot_takes() -> None:
    assert float(service()["stop_grace_period"].removesuffix("s")) >= grace_s() + SPARE_S
    assert [float(value) >= grace_s() + SPARE_S for value in unit_values("TimeoutStopSec")] == [True]


def test_the_unit_is_told_what_the_bot_tells() -> None:
    (watchdog_s,) = (float(value) for value in unit_values("WatchdogSec"))
    assert unit_values("Type") == ["notify"]
    assert unit_values("RestartPreventExitStatus") == [str(int(ExitStatus.BAD_CONFIGURATION))]
    assert watchdog_s > 4 * supervision.EVERY_S


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("name", [UNIT.name, "stillmotion-worker@.service"])
def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path: Path, name: str) -> None:
    # The program is not installed here, which is all that may be wrong.
    unit = tmp_path / name
    text = UNIT.read_text("utf-8").replace(
        "stillmotion run", "stillmotion %j" if "@" in name else "stillmotion run"
    )
    unit.write_text(text.replace("/opt/stillmotion/bin/stillmotion", "/bin/true"), "utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stdout) == (0, "")
    assessed = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"exposure level for \S+: ([\d.]+)", assessed.stdout)
    assert found is not None, assessed.stderr
    assert float(found.group(1)) <= EXPOSURE_AT_MOST


def blocks(page: Path) -> Iterator[str]:
    yield from re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_all_that_an_operator_does(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Install"
    assert headings[-4:] == ["Update", "Back up", "Restore", "Uninstall"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_is_one_that_a_shell_takes(page: Path) -> None:
    commands = list(blocks(page))
    assert len(commands) > 5
    for block in commands:
        read = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, ""), block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_the_bot_and_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    shell = "\n".join(blocks(page))
    known = set(typer.main.get_group(app).commands)
    program = r"(?:-m bot|bin/stillmotion|stillmotion stillmotion|run .*stillmotion|^stillmotion) (\w+)"
    called = set(re.findall(program, shell, re.MULTILINE))
    assert called
    assert called - known <= BUILT_ELSEWHERE
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    files = re.findall(r"(?:requirements|deploy)/[\w.]+", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing + [name for name in files if not (REPOSITORY / name).exists()] == []
