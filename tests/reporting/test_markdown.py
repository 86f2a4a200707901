"""Markdown for the Dagster UI: values as a person writes them, and no value that becomes markup."""

import base64
from datetime import date, datetime

import pytest

from orchestration.reporting import markdown


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "–"),
        (0, "0"),
        (True, "true"),
        (1234567, "1,234,567"),
        (0.1234567, "0.123457"),
        (0.0, "0"),
        (-2.5e9, "-2,500,000,000"),
        (float("nan"), "nan"),
        (date(2026, 2, 4), "2026-02-04"),
        (datetime(2026, 2, 4), "2026-02-04"),  # noqa: DTZ001 - as DuckDB returns a timestamp
        (datetime(2026, 2, 4, 6, 30), "2026-02-04 06:30:00"),  # noqa: DTZ001
        ("two\n  lines", "two lines"),
    ],
)
def test_a_cell_is_written_as_a_person_would(value: object, written: str) -> None:
    assert markdown.cell(value) == written


def test_no_cell_ends_a_column_an_element_or_a_link() -> None:
    assert markdown.cell("a|b <script> [x](y) \\") == "a\\|b &lt;script> \\[x\\](y) \\\\"


def test_a_long_cell_is_cut_before_its_signs_are_escaped() -> None:
    assert markdown.cell("x" * 60) == "x" * 60
    cut = markdown.cell("|" * 61)
    assert cut == "\\|" * 59 + "…"


def test_a_table_has_a_line_a_row_and_counts_the_columns_that_are_not_shown() -> None:
    assert markdown.table(("day", "n"), [(date(2026, 2, 4), 1), (None, 2)], more=1).splitlines() == [
        "| day | n |",
        "|---|---|",
        "| 2026-02-04 | 1 |",
        "| – | 2 |",
        "",
        "… and 1 more column",
    ]
    assert markdown.table(("n",), [(1,)], more=2).endswith("… and 2 more columns")


def test_a_table_without_rows_says_so_and_names_its_columns() -> None:
    assert markdown.table(("day", "n"), []) == "No rows in day, n."


def test_items_are_sentences_and_nothing_else() -> None:
    assert markdown.items(["one", "<b>two</b>"]) == "- one\n- &lt;b>two&lt;/b>"


def test_a_picture_carries_its_bytes_and_words_that_end_no_link() -> None:
    svg = "<svg>−</svg>"
    words, data = markdown.picture(svg, "a [b]\n(c)").removeprefix("![").split("](data:image/svg+xml;base64,")
    assert words == "a \\[b\\] (c)"
    assert base64.b64decode(data.removesuffix(")")).decode() == svg
