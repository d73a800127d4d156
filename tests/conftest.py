"""Settings that hold for all tests, and the kinds of database that they run on."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgresql.server import PostgresqlServer, postgresql_server

# On a busy machine any example may take long; that is no failure of what is tested.
settings.register_profile("stillmotion", deadline=None)
settings.load_profile("stillmotion")

KINDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=(*KINDS, "both"),
        default="both",
        help="kind of database for tests that run on either",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses `database_url` on every kind: on PostgreSQL in the slow run, and where it is marked always."""
    if "database_url" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--database")
    marked = metafunc.definition.get_closest_marker("postgresql") is not None
    marks = () if marked or chosen == "postgresql" else (pytest.mark.slow,)
    kinds = {
        "sqlite": pytest.param("sqlite", id=pytest.HIDDEN_PARAM),
        "postgresql": pytest.param("postgresql", marks=marks),
    }
    if metafunc.definition.get_closest_marker("sqlite") is not None:
        del kinds["postgresql"]
    wanted = [kind for name, kind in kinds.items() if chosen in {name, "both"}]
    metafunc.parametrize("database_url", wanted, indirect=True)


def pytest_collection_finish() -> None:
    """Have the collector leave out what lives to the end: ten thousand tests, which each full one would visit.

    What tests leave behind is collected, though seldom: that took a tenth of their time.
    """
    gc.collect()
    gc.freeze()
    youngest, middle, _ = gc.get_threshold()
    gc.set_threshold(youngest, middle, 100)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A server for this worker's tests, which runs from the first use on."""
    with postgresql_server() as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of a new database with current tables; None is the default, a file in the data folder."""
    if request.param == "sqlite":
        yield None
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.new_database() as name:
        yield server.url(name)
