"""The packages as somebody gets them: built, installed in a fresh environment outside the repository, and used."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from bot import __version__
from bot.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def build(folder: Path, source: Path, *kinds: str) -> Path:
    """Build packages without pip, which would ask a registry for what builds them; return the only new one."""
    targets = [part for kind in kinds for part in ("-t", kind)]
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), *targets]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and the empty folder in which its commands run."""

    folder: Path
    elsewhere: Path

    def install(self, *arguments: str | Path) -> None:
        self.run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)

    def run(self, program: str, *arguments: str | Path, status: int = 0) -> str:
        """Run a program of the environment; return all that it printed."""
        known = {*map(str.upper, Settings.model_fields), "PYTHONPATH"}
        done = subprocess.run(
            [self.folder / "bin" / program, *arguments],
            cwd=self.elsewhere,
            env={name: value for name, value in os.environ.items() if name not in known},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder, elsewhere = tmp_path / "environment", tmp_path / "elsewhere"
    venv.create(folder, with_pip=True)
    elsewhere.mkdir()
    return Environment(folder, elsewhere)


def test_the_wheel_runs_anywhere_and_its_extra_brings_the_demo(
    tmp_path: Path, environment: Environment
) -> None:
    wheel = build(tmp_path / "dist", ROOT, "wheel")
    environment.install("--require-hashes", "-r", ROOT / "requirements" / "runtime.lock")
    environment.install("--no-deps", "--no-index", wheel)
    environment.run("python", "-m", "pip", "check")

    assert environment.run("stillmotion", "--version") == f"stillmotion {__version__}\n"
    assert environment.run("python", "-m", "bot", "--version") == f"stillmotion {__version__}\n"
    assert "generate" in environment.run("stillmotion", "--help")
    assert "DISCORD_TOKEN" in environment.run("stillmotion", "run", status=2)
    without_extra = environment.run("stillmotion", "demo", status=1)
    assert len(without_extra.splitlines()) == 1
    assert "pip install 'stillmotion[demo]'" in without_extra

    # The advice, followed; the versions and hashes are those of the lock.
    environment.install("--require-hashes", "-r", ROOT / "requirements" / "demo.lock")
    environment.install("--no-index", "stillmotion[demo]")
    told = environment.run("stillmotion", "demo", "--seconds", "6", "--resolution", "480p", "--out", "films")
    assert "make " not in told, "there is no Makefile where it is installed"
    (film,) = (environment.elsewhere / "films").glob("*.mp4")
    with av.open(str(film)) as container:
        assert container.streams.video[0].codec_context.height == 480


def test_the_source_archive_builds_the_same_wheel(tmp_path: Path) -> None:
    archive = build(tmp_path / "sdist", ROOT, "sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (project,) = (tmp_path / "unpacked").iterdir()
    from_archive = build(tmp_path / "from-archive", project, "wheel")
    from_checkout = build(tmp_path / "from-checkout", ROOT, "wheel")
    assert from_archive.name == from_checkout.name
    # Byte for byte: whoever builds a release anew gets what was published.
    assert from_archive.read_bytes() == from_checkout.read_bytes()
    with zipfile.ZipFile(from_archive) as wheel:
        assert f"stillmotion-{__version__}.dist-info/licenses/LICENSE" in wheel.namelist()
