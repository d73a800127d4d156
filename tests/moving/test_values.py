"""Values as both kinds of database write them."""

import pytest
from sqlalchemy import Column, Float, LargeBinary, MetaData, String, Table

from bot.moving.errors import UnstorableValueError
from bot.moving.values import RowConversion, as_compared

PAUSES = Table("pauses", MetaData(), Column("id", String(8), primary_key=True), Column("interval_s", Float))


@pytest.mark.parametrize(
    ("stored", "on_server"), [(10, "10"), (0.1, "0.1"), (1e15, "1e+15"), (1e-7, "1e-07"), (None, None)]
)
def test_numbers_are_the_same_however_they_are_written(stored: float | None, on_server: str | None) -> None:
    assert [RowConversion(PAUSES)(("a", stored))] == [*as_compared(PAUSES, [("a", on_server)])]


def test_a_word_is_no_number() -> None:
    with pytest.raises(UnstorableValueError, match="pauses with id 'a': interval_s is no number"):
        RowConversion(PAUSES)(("a", "soon"))


def test_a_kind_of_column_that_nobody_thought_of_is_told() -> None:
    with pytest.raises(NotImplementedError, match=r"pauses\.data: LargeBinary"):
        RowConversion(Table("pauses", MetaData(), Column("data", LargeBinary)))
