"""The files around the code: licence, changelog, policies, templates and workflows, and that they agree with it."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from ruamel.yaml import YAML

from bot import __version__
from bot.cli.platforms import unsupported

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").iterdir())
FORMS = [path for path in sorted((GITHUB / "ISSUE_TEMPLATE").iterdir()) if path.name != "config.yml"]
SCHEMAS = {
    "github-workflows": WORKFLOWS,
    "github-issue-forms": FORMS,
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "dependabot": [GITHUB / "dependabot.yml"],
}
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def jobs(workflow: Path) -> Iterator[tuple[str, Any]]:
    yield from read_yaml(workflow)["jobs"].items()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_what_github_reads_has_the_form_that_github_expects(schema: str) -> None:
    checked = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *SCHEMAS[schema]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_action_of_others_is_pinned_to_a_commit() -> None:
    used = [line for path in WORKFLOWS for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert len(used) > 10
    assert [
        line for line in used if not re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
    ] == []


def test_workflows_may_do_no_more_than_their_jobs_need() -> None:
    may_write = {
        "image": {"packages", "id-token", "attestations"},
        "publish": {"contents", "id-token", "attestations"},
    }
    for workflow in WORKFLOWS:
        assert set(read_yaml(workflow)["permissions"].values()) <= {"read"}
        for name, job in jobs(workflow):
            written = {what for what, level in job.get("permissions", {}).items() if level != "read"}
            assert written == may_write.get(name, set())


def test_ci_runs_what_is_run_here_on_every_python_that_is_supported() -> None:
    ((_, job),) = jobs(GITHUB / "workflows" / "ci.yml")
    named = "Programming Language :: Python :: "
    supported = [
        one.removeprefix(named)
        for one in PYPROJECT["project"]["classifiers"]
        if re.fullmatch(rf"{named}3\.\d+", one)
    ]
    assert job["strategy"]["matrix"]["python"] == supported
    assert PYPROJECT["project"]["requires-python"] == f">={supported[0]}"
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


def test_the_changelog_is_kept_and_knows_the_version() -> None:
    sections = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert sections[0] == "[Unreleased]"
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)
    assert len(released) == len(sections) - 1
    versions = [Version(one) for one in released]
    assert versions == sorted(versions, reverse=True)
    if versions:
        assert Version(__version__) >= versions[0]
    else:
        assert f"the first will be {__version__}" in CHANGELOG
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS


def test_the_licence_is_the_one_that_the_packages_name() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.startswith("MIT License\n\nCopyright (c) 2026 The Stillmotion authors\n")
    assert PYPROJECT["project"]["license"] == "MIT"


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.name)
def test_a_form_asks_for_the_version_and_warns_of_secrets(form: Path) -> None:
    fields = {field.get("id"): field for field in read_yaml(form)["body"]}
    assert "--version" in fields["version"]["attributes"]["description"]
    assert re.search(r"[Nn]ever paste a (bot )?token", form.read_text("utf-8"))


def test_hooks_before_a_commit_run_tools_of_the_environment_and_fetch_nothing() -> None:
    (source,) = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert source["repo"] == "local"
    programs = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in source["hooks"]}
    assert all(hook["language"] == "system" for hook in source["hooks"])
    pinned = (ROOT / "requirements" / "dev.lock").read_text("utf-8")
    assert [
        name for name in programs - {"lint-imports", "python"} if f"\n{name}==" not in f"\n{pinned}"
    ] == []


def test_editors_break_lines_where_the_formatter_does() -> None:
    settings = (ROOT / ".editorconfig").read_text("utf-8")
    section = settings.partition("[*]")[2].partition("\n[")[0]
    assert f"max_line_length = {PYPROJECT['tool']['ruff']['line-length']}" in section


def test_windows_is_told_what_is_missing_and_other_systems_start() -> None:
    assert unsupported("linux", (3, 11)) is None
    assert unsupported("darwin", (3, 14)) is None
    told = unsupported("win32", (3, 13))
    assert told is not None
    assert all(word in told for word in ("fcntl", "WSL", "container"))


def test_a_start_on_windows_ends_with_one_line_whatever_is_missing() -> None:
    as_windows = (
        "import sys; sys.path.insert(0, sys.argv.pop()); sys.platform = 'win32'; "
        "sys.modules.update(dict.fromkeys(['fcntl', 'resource', 'pydantic', 'typer'])); "
        "from bot.__main__ import main; main()"
    )
    ended = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-I", "-c", as_windows, "run", str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert (ended.stdout, ended.stderr) == ("", f"{unsupported('win32', (3, 13))}\n")


@pytest.mark.parametrize(
    ("disguise", "told"),
    [
        ("sys.version_info = (3, 10, 1)", "Stillmotion needs Python 3.11 or newer, and this is Python 3.10."),
        ("pass", f"{sys.executable} does not have the packages that Stillmotion needs (typer is missing)"),
    ],
)
def test_a_start_with_a_python_that_is_not_fit_ends_with_one_line(disguise: str, told: str) -> None:
    start = (
        f"import sys; sys.path.insert(0, sys.argv.pop()); {disguise}; from bot.__main__ import main; main()"
    )
    ended = subprocess.run(  # noqa: S603 - this interpreter, without the packages
        [sys.executable, "-I", "-S", "-c", start, "run", str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert (ended.stdout, ended.stderr.count("\n")) == ("", 1)
    assert ended.stderr.startswith(told)


def test_the_version_is_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "bot", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == f"stillmotion {__version__}\n"


def test_no_project_file_names_where_packages_come_from() -> None:
    files = [ROOT / "pyproject.toml", *(ROOT / "requirements").iterdir(), *WORKFLOWS]
    found = [
        path.name for path in files if re.search(r"index-url|pypi\.|pythonhosted", path.read_text("utf-8"))
    ]
    assert found == []


def git(folder: Path, *arguments: str) -> str:
    own = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *own, *arguments], cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("tag", "of_main", "passes"), [("v1.2.3", True, True), ("v1.2.4", True, False), ("v1.2.3", False, False)]
)
def test_only_a_version_of_main_is_released(tmp_path: Path, tag: str, *, of_main: bool, passes: bool) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot/__init__.py").write_text('__version__ = "1.2.3"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.3] - 2026-01-01\n", "utf-8")
    (tmp_path / "python").symlink_to(sys.executable)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "bot", "CHANGELOG.md")
    git(tmp_path, "commit", "--quiet", "--message", "main")
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "HEAD")
    if not of_main:
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "of somebody's branch")
    workflow: Any = read_yaml(ROOT / ".github/workflows/release.yml")
    (step,) = [one for one in workflow["jobs"]["packages"]["steps"] if one.get("id") == "version"]
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "GITHUB_SHA": git(tmp_path, "rev-parse", "HEAD"),
        "GITHUB_REF_NAME": tag,
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=False)  # noqa: S603, S607
    assert (done.returncode == 0) is passes
