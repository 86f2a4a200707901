"""Columns that let a plain range check say something about a group, a sequence or a revision.

Pure functions of frames, one signature: (rows, previous, **arguments of the suite) -> a Series aligned with rows.
`rows` are the candidates with `_payload` (which payload a row belongs to) and, in raw tables, `_fetched_on`; `previous` are
the newest known rows of the table, perhaps none. What cannot be computed is null, and null passes every range check. A value that speaks of
a whole group stands on the group's first row only, so that one bad group counts once. No thresholds here: those are the suites'.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from expectations.vocabulary import PAYLOAD

Frame: TypeAlias = pd.DataFrame
Values: TypeAlias = "pd.Series[Any]"

KNOWN = -1  # the payload number of rows that are already in the vintages

# Words for lines that are no security: their shares, prices and signs follow other rules, and they may repeat.
NOT_A_SECURITY = (
    r"\b(?:cash|us dollar|u\.s\. dollar|currency|currencies|fx|forwards?|fwd|futures?|swaps?|options?|derivatives?"
    r"|repos?|repurchase agreements?|money market|reserves|collateral|margins?|payables?|receivables?|liabilit(?:y|ies)|other assets)\b"
)
# Fillers publishers write where a security has no identifier.
NO_IDENTIFIER = r"(?i)^(?:n/?a|none|0+|-+|)$"


def _groups(rows: Frame, by: Sequence[str]) -> list[str]:
    return [PAYLOAD, *by]


def _dates(values: Values) -> Values:
    """Dates that can be subtracted, also from a column that is empty and therefore of no type."""
    dates: Values = pd.to_datetime(values)
    return dates


def _once(rows: Frame, by: Sequence[str], values: Values) -> Values:
    """Values that are the same throughout a group, on its first row only."""
    return values.where(~rows.duplicated(_groups(rows, by)))


def _stacked(rows: Frame, previous: Frame) -> Frame:
    """Known rows, then the candidates by payload; candidates keep their index, known rows have a negative one."""
    candidates = rows.sort_values(PAYLOAD, kind="stable")
    if previous.empty:
        return candidates
    known = previous.assign(**{PAYLOAD: KNOWN})
    known.index = pd.RangeIndex(-len(known), 0)
    return pd.concat([known[[column for column in candidates.columns if column in known.columns]], candidates])


def _ordered(rows: Frame, by: Sequence[str], on: str) -> Frame:
    return rows.sort_values([*_groups(rows, by), on], kind="stable")


# ---------------------------------------------------------------- groups


def group_sum(rows: Frame, previous: Frame, *, of: str, by: Sequence[str]) -> Values:
    """Sum of a column within each group of a payload; a group of nulls sums to 0, so that it cannot pass as complete."""
    return _once(rows, by, rows.groupby(_groups(rows, by), dropna=False)[of].transform("sum"))


def group_size(rows: Frame, previous: Frame, *, by: Sequence[str] = ()) -> Values:
    """Rows in each group of a payload."""
    return _once(rows, by, rows.groupby(_groups(rows, by), dropna=False)[PAYLOAD].transform("size"))


def distinct_values(rows: Frame, previous: Frame, *, of: str, by: Sequence[str] = ()) -> Values:
    """Distinct values of a column in each group of a payload."""
    return _once(rows, by, rows.groupby(_groups(rows, by), dropna=False)[of].transform("nunique"))


def times_typical(rows: Frame, previous: Frame, *, of: str, by: Sequence[str]) -> Values:
    """Size of a value against the median size in its group (no unit). For figures that change sign, where a ratio of neighbours says nothing."""
    size = rows[of].abs()
    typical = size.groupby([rows[column] for column in _groups(rows, by)], dropna=False).transform("median")
    return size / typical.where(typical > 0)


def residual(rows: Frame, previous: Frame, *, of: str, name: str, total: str, parts: Sequence[str], by: Sequence[str]) -> Values:
    """total − Σ parts, absolute, where `name` says which row is which; null where one of them is missing. Stands on the total's row."""
    wanted = rows[rows[name].isin([total, *parts])]
    wide = wanted.pivot_table(index=_groups(rows, by), columns=name, values=of, aggfunc="last").reindex(columns=[total, *parts])
    gap = (wide[total] - wide[list(parts)].sum(axis=1, skipna=False)).abs().rename("gap")
    at = rows[rows[name] == total]
    return at[_groups(rows, by)].join(gap, on=_groups(rows, by))["gap"].reindex(rows.index)


def arithmetic(rows: Frame, previous: Frame, *, total: str, plus: Sequence[str], minus: Sequence[str] = ()) -> Values:
    """|total − (Σ plus − Σ minus)| within a row, in the columns' unit."""
    return (rows[total] - rows[list(plus)].sum(axis=1, skipna=False) + rows[list(minus)].sum(axis=1, skipna=False)).abs()


def product_gap(rows: Frame, previous: Frame, *, product: str, factors: Sequence[str]) -> Values:
    """|product / Π factors − 1| within a row, as a fraction; null where the factors' product is zero."""
    expected = rows[list(factors)].prod(axis=1, skipna=False)
    return (rows[product] / expected.where(expected != 0) - 1).abs()


def ratio(rows: Frame, previous: Frame, *, of: str, to: str) -> Values:
    """One column over another; null where the other is not positive."""
    return rows[of] / rows[to].where(rows[to] > 0)


def size_over_sum(rows: Frame, previous: Frame, *, of: str, to: Sequence[str]) -> Values:
    """Size of one column over the sum of others, as a fraction; null where that sum is not positive."""
    total = rows[list(to)].sum(axis=1, skipna=False)
    return rows[of].abs() / total.where(total > 0)


def outside_range(rows: Frame, previous: Frame) -> Values:
    """How far a close lies outside its day's low and high, as a fraction of the close; 0 inside, null without a range."""
    beyond = pd.concat([rows["close"] - rows["high"], rows["low"] - rows["close"]], axis=1).max(axis=1, skipna=False)
    return beyond.clip(lower=0) / rows["close"]


def infinities(rows: Frame, previous: Frame) -> Values:
    """How many of a row's figures are infinite."""
    return pd.Series(np.isinf(rows.select_dtypes("float")).sum(axis=1), index=rows.index)


# ---------------------------------------------------------------- sequences


def step_ratio(rows: Frame, previous: Frame, *, of: str, by: Sequence[str] = (), on: str = "observed_on", at_least: float = 0.0) -> Values:
    """A value over the one before it in time, within its group; null unless both are above `at_least` (near zero a ratio says nothing)."""
    ordered = _ordered(rows.dropna(subset=[of]), by, on)
    positive = ordered[of].where(ordered[of] > at_least)
    before = ordered[of].groupby([ordered[column] for column in _groups(rows, by)], dropna=False).shift()
    return (positive / before.where(before > at_least)).reindex(rows.index)


def step_size(rows: Frame, previous: Frame, *, of: str, by: Sequence[str] = (), on: str = "observed_on") -> Values:
    """A value minus the one before it in time, within its group, in the column's unit."""
    ordered = _ordered(rows.dropna(subset=[of]), by, on)
    return ordered[of].groupby([ordered[column] for column in _groups(rows, by)], dropna=False).diff().reindex(rows.index)


def months_since_last(rows: Frame, previous: Frame, *, by: Sequence[str] = (), on: str = "observed_on", where: dict[str, str] | None = None) -> Values:
    """Whole months between an observation and the one before it; 1 throughout when no month is missing or doubled."""
    chosen = _where(rows, where)
    ordered = _ordered(chosen, by, on)
    dates = _dates(ordered[on])
    months: Values = dates.dt.year * 12 + dates.dt.month
    return months.groupby([ordered[column] for column in _groups(rows, by)], dropna=False).diff().reindex(rows.index)


def days_since_last(rows: Frame, previous: Frame, *, by: Sequence[str] = (), on: str = "observed_on", where: dict[str, str] | None = None) -> Values:
    """Calendar days between an observation and the one before it."""
    ordered = _ordered(_where(rows, where), by, on)
    return _dates(ordered[on]).groupby([ordered[column] for column in _groups(rows, by)], dropna=False).diff().dt.days.reindex(rows.index)


def _where(rows: Frame, where: dict[str, str] | None) -> Frame:
    chosen = pd.Series(True, index=rows.index)
    for column, value in (where or {}).items():
        chosen &= rows[column] == value
    return rows[chosen]


def steps_backwards(rows: Frame, previous: Frame, *, by: Sequence[str] = (), on: str = "observed_on") -> Values:
    """1 where a date runs against its file's own direction (newest first or oldest first), else 0."""
    groups = [rows[column] for column in _groups(rows, by)]
    steps: Values = _dates(rows[on]).groupby(groups, dropna=False).diff().dt.days
    direction = steps.clip(-1, 1)
    usual = direction.groupby(groups, dropna=False).transform("sum").clip(-1, 1)
    return (direction * usual < 0).astype("int64")


def days_ahead(rows: Frame, previous: Frame, *, by: Sequence[str] = (), on: str = "observed_on") -> Values:
    """Calendar days by which a group's newest observation lies after the day its payload was fetched; negative in good order."""
    ahead = (_dates(rows[on]) - _dates(rows["_fetched_on"])).dt.days
    return _once(rows, by, ahead.groupby([rows[column] for column in _groups(rows, by)], dropna=False).transform("max"))


def age_days(rows: Frame, previous: Frame, *, by: Sequence[str] = (), on: str = "observed_on", where: dict[str, str] | None = None) -> Values:
    """Calendar days from a group's newest observation to the day it was fetched.

    Only the payload that holds the newest observation has a value: older editions in the same call are old by nature.
    """
    newest = _where(rows, where).sort_values(on, kind="stable")
    newest = newest.drop_duplicates(list(by), keep="last") if by else newest.tail(1)
    age: Values = (_dates(newest["_fetched_on"]) - _dates(newest[on])).dt.days
    return age.reindex(rows.index)


def age_in_steps(rows: Frame, previous: Frame, *, by: Sequence[str]) -> Values:
    """The same age in the group's own usual (median) distance between observations: one bound for daily and monthly series."""
    days = rows.drop_duplicates([*by, "observed_on"]).sort_values([*by, "observed_on"])
    usual = _dates(days["observed_on"]).groupby([days[column] for column in by]).diff().dt.days.groupby([days[column] for column in by]).median()
    return age_days(rows, previous, by=by) / rows[list(by)].join(usual.rename("usual"), on=list(by))["usual"]


def days_between(rows: Frame, previous: Frame, *, start: str, end: str) -> Values:
    """Calendar days from one date of a row to another."""
    days: Values = (_dates(rows[end]) - _dates(rows[start])).dt.days
    return days


# ---------------------------------------------------------------- against what is known


def revision(rows: Frame, previous: Frame, *, of: str, key: Sequence[str]) -> Values:
    """New minus last known value of the same key, in the column's unit. Earlier payloads of the same call count as known."""
    stacked = _stacked(rows, previous)
    return (stacked[of] - stacked.groupby(list(key), dropna=False)[of].shift()).reindex(rows.index)


def revision_ratio(rows: Frame, previous: Frame, *, of: str, key: Sequence[str]) -> Values:
    """New over last known value of the same key; null where nothing is known, either is zero, or they differ in sign.

    Payloads of the same call are no measure here: a corrupt one would condemn the sound one after it.
    """
    if previous.empty:
        return pd.Series(np.nan, index=rows.index)
    ratio = rows[of] / _last_known(rows, previous, of, key)
    return ratio.where((ratio > 0) & np.isfinite(ratio))


def _last_known(rows: Frame, previous: Frame, of: str, key: Sequence[str]) -> Values:
    known = previous.dropna(subset=[of]).drop_duplicates(list(key), keep="last").set_index(list(key))[of]
    return rows[list(key)].join(known.rename("known"), on=list(key))["known"]


def lines_against_last_good(rows: Frame, previous: Frame, *, by: Sequence[str], distinct: Sequence[str], snapshot: Sequence[str] = ()) -> Values:
    """Distinct lines of a payload's snapshot over those of the last good one of the same `by`.

    snapshot: further columns that tell snapshots of one `by` apart (`observed_on` for holdings); without, all rows are one.
    Snapshots of the same call stand in for each other in order of date and payload, unless they lost half or doubled: one
    truncated file must not become the measure of the next. Copies of a line count once for the same reason.
    """
    keys = list(dict.fromkeys([*by, *snapshot, PAYLOAD]))
    stacked = _stacked(rows, previous)
    stacked = stacked[~stacked.duplicated(list(dict.fromkeys([*keys, *distinct])))]
    sizes = stacked.groupby(keys, dropna=False).size().rename("lines").reset_index().sort_values([*snapshot, PAYLOAD], kind="stable")
    ratios: list[float] = []
    good: dict[tuple[object, ...], int] = {}
    for *where, payload, lines in sizes[[*by, PAYLOAD, "lines"]].itertuples(index=False, name=None):  # one step a file, not a row
        group = tuple(where)
        ratio = lines / good[group] if group in good else np.nan
        ratios.append(ratio)
        if payload == KNOWN or np.isnan(ratio) or 0.5 < ratio < 2:
            good[group] = lines
    ratio_of = sizes.assign(ratio=ratios).set_index(keys)["ratio"]
    return _once(rows, [*by, *snapshot], rows[keys].join(ratio_of, on=keys)["ratio"])


# ---------------------------------------------------------------- portfolio lines


def _identity(rows: Frame) -> Values:
    """CUSIP, else ISIN, else SEDOL, else ticker and name."""
    named = rows["ticker"].fillna("").astype("str") + "|" + rows["name"].fillna("").astype("str")
    identity = pd.Series(None, index=rows.index, dtype="object")
    for column in ("cusip", "isin", "sedol"):
        given = rows[column].astype("object").where(rows[column].notna(), "").astype("str").str.strip()
        identity = identity.fillna(given.mask(given.str.fullmatch(NO_IDENTIFIER)).astype("object"))
    return identity.fillna(named.astype("object"))


def _is_security(rows: Frame) -> "pd.Series[bool]":
    """By what the publisher says a line is; where nothing is said, by its name and by having a ticker, ISIN or SEDOL at all."""
    stated = rows["asset_class"].fillna("").astype("str").str.strip()
    words = stated.mask(stated == "", rows["name"].fillna("").astype("str")).str.lower()
    listed = rows[["ticker", "isin", "sedol"]].notna().any(axis=1)
    return ~words.str.contains(NOT_A_SECURITY, regex=True) & (listed | (stated != ""))


def of_securities(rows: Frame, previous: Frame, *, of: str) -> Values:
    """A column for the lines that are securities; null for cash, currencies and derivatives."""
    return rows[of].where(_is_security(rows))


def unit_price(rows: Frame, previous: Frame) -> Values:
    """Market value over shares of a security, in dollars; null for other lines and without shares."""
    return (rows["market_value_usd"] / rows["shares"].where(rows["shares"] != 0)).where(_is_security(rows))


def copies(rows: Frame, previous: Frame, *, by: Sequence[str]) -> Values:
    """How often a security stands in one snapshot with identical shares, value and weight. Cash and derivatives may repeat and are null."""
    line = rows[[PAYLOAD, *by, "shares", "market_value_usd", "weight_pct"]].assign(identity=_identity(rows))
    return line.groupby(list(line.columns), dropna=False)["identity"].transform("size").where(_is_security(rows))


def weight_gap_pct(rows: Frame, previous: Frame, *, by: Sequence[str]) -> Values:
    """|weight as published − weight by market value| of a security, in percentage points: a unit error in one line's value shows here."""
    total = rows.groupby(_groups(rows, by), dropna=False)["market_value_usd"].transform("sum")
    return (rows["market_value_usd"] / total.where(total > 0) * 100 - rows["weight_pct"]).abs().where(_is_security(rows))


def price_against_last(rows: Frame, previous: Frame, *, by: Sequence[str]) -> Values:
    """A security's value per share over the one last known in the same fund; weight per share where no value is published."""
    ratios = pd.Series(np.nan, index=rows.index)
    if previous.empty:
        return ratios
    held, known = (
        frame.assign(identity=_identity(frame)).where((frame["shares"] > 0) & _is_security(frame)) for frame in (rows, previous.sort_values("observed_on"))
    )
    for of in ("market_value_usd", "weight_pct"):
        price, last = (frame.assign(price=(frame[of] / frame["shares"]).where(frame[of] > 0)) for frame in (held, known))
        ratios = ratios.fillna(price["price"] / _last_known(price, last, "price", [*by, "identity"]))
    return ratios
