from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.integrate.convert import as_text, converted
from helder.integrate.mapping import Column

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def one(value: object, spec: Column, kind: str, zone: str = "UTC") -> object:
    column = value if isinstance(value, pa.Array) else pa.array([value])
    return converted(column, spec, kind, zone, NOW).values.to_pylist()[0]


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("12.34", 12_340_000),
        ("12,34", 12_340_000),
        ("1.234,56", 1_234_560_000),
        ("1,234.56", 1_234_560_000),
        ("1,234", 1_234_000_000),
        ("€ 5,-", 5_000_000),
        ("0.001", 1_000),
        ("-7", -7_000_000),
        ("1e3", 1_000_000_000),
        ("NaN", None),
        ("twelve", None),
        ("", None),
    ],
)
def test_money_is_read_exactly(text: str, micros: int | None) -> None:
    """Amounts come out in millionths, whichever decimal mark they are written with."""
    assert one(text, Column("c"), "money") == micros


@given(st.decimals(min_value=-1_000_000, max_value=1_000_000, places=6))
def test_no_millionth_is_lost(amount: Decimal) -> None:
    """Any amount of six decimals is kept to the last, from text and from floating point."""
    micros = int(amount * 1_000_000)
    assert one(f"{amount:f}", Column("c", decimal="."), "money") == micros
    assert one(float(amount), Column("c"), "money") == micros


def test_cents_and_chosen_marks() -> None:
    """Money in hundredths, and a decimal mark that the mapping file tells."""
    assert one(1999, Column("c", unit="cent"), "money") == 19_990_000
    assert one("1,234", Column("c", decimal=","), "money") == 1_234_000


@pytest.mark.parametrize(
    ("text", "spec", "zone", "wanted"),
    [
        ("2026-07-01 12:00:00", Column("c"), "Europe/Amsterdam", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-07-01T12:00:00Z", Column("c"), "Europe/Amsterdam", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("2026-07-01", Column("c"), "Europe/Amsterdam", datetime(2026, 7, 1, tzinfo=UTC)),
        ("01/07/2026 12:00", Column("c", format="%d/%m/%Y %H:%M"), "UTC", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("1782907200", Column("c", format="unix"), "UTC", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("1782907200000", Column("c", format="unix_ms"), "UTC", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("1600-01-01", Column("c"), "UTC", None),
        ("2200-01-01", Column("c"), "UTC", None),
        ("0000-00-00", Column("c"), "UTC", None),
        ("yesterday", Column("c"), "UTC", None),
    ],
)
def test_moments_become_utc(text: str, spec: Column, zone: str, wanted: datetime | None) -> None:
    """A moment without a zone is the source's; bare days stay days; what cannot be is null."""
    found = one(text, spec, "time", zone)
    assert found == (wanted.replace(tzinfo=None) if wanted else None)


def test_moments_of_parquet_files_are_in_the_sources_zone_too() -> None:
    """Native timestamps without a zone are the source's; those with one keep theirs."""
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    naive = pa.array([noon.replace(tzinfo=None)], pa.timestamp("us"))
    assert one(naive, Column("c"), "time", "Europe/Amsterdam") == noon.replace(tzinfo=None, hour=10)
    assert one(pa.array([noon], pa.timestamp("ms", "UTC")), Column("c"), "time", "Asia/Tokyo") == noon.replace(
        tzinfo=None
    )
    assert one(pa.array([date(1980, 1, 31)]), Column("c"), "date") == date(1980, 1, 31)


def test_values_are_translated_kept_or_left_out() -> None:
    """The source's words become the catalogue's; others are kept unless the mapping file drops them."""
    said = pa.array(["ja", "misschien"])
    for others, wanted in (("keep", ["yes", "misschien"]), ("drop", ["yes", None])):
        spec = Column("c", values={"ja": "yes"}, others=others)
        assert converted(said, spec, "choice", "UTC", NOW).values.to_pylist() == wanted
    flag = Column("c", values={"ja": True, "nee": False})
    assert converted(pa.array(["ja", "nee", "?"]), flag, "flag", "UTC", NOW).values.to_pylist() == [True, False, None]


def test_numbers_that_cannot_be_are_null_and_counted() -> None:
    """Infinite and unreadable numbers are lost one by one, and each is told with its row."""
    found = converted(pa.array([1.5, float("inf"), float("nan")]), Column("c"), "number", "UTC", NOW)
    assert found.values.to_pylist() == [1.5, None, None]
    told = converted(pa.array(["3", "x"]), Column("c"), "number", "UTC", NOW)
    assert [(fault.reason, fault.row, fault.value) for fault in told.faults] == [("bad_number", 1, "x")]


def test_whole_floats_are_numbers_of_customers() -> None:
    """A customer number that a tool stored as 17850.0 is 17850."""
    assert as_text(pa.array([17850.0, None, 1.5])).to_pylist() == ["17850", None, "1.5"]
    assert as_text(pa.array(["  a ", "", None])).to_pylist() == ["a", None, None]
