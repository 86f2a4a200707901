"""Raw tables that several publishers fill: one shape per kind, whoever publishes. No parsing here."""

from orchestration.sources.contract import Table


def holdings(issuer: str, publisher: str) -> Table:
    """Daily holdings of an issuer's funds; one row a line of the file, one vintage a (fund, observed_on)."""
    return Table(
        name=f"raw_{issuer}__holdings",
        key=("fund_id", "observed_on", "line"),
        snapshot=("fund_id", "observed_on"),
        columns={
            "fund_id": "VARCHAR",
            "observed_on": "DATE",
            "line": "INTEGER",
            "ticker": "VARCHAR",
            "name": "VARCHAR",
            "cusip": "VARCHAR",
            "isin": "VARCHAR",
            "sedol": "VARCHAR",
            "asset_class": "VARCHAR",
            "sector": "VARCHAR",
            "shares": "DOUBLE",
            "market_value_usd": "DOUBLE",
            "weight_pct": "DOUBLE",
            "notional_usd": "DOUBLE",
            "currency": "VARCHAR",
        },
        description=f"Portfolio lines of {publisher} funds as served, one row per fund, day and line of the file.",
    )


def fund_history(issuer: str, publisher: str, *, with_assets: bool = False) -> Table:
    """Daily net asset value and shares outstanding of an issuer's funds: where ETF flows come from.

    with_assets: the issuer also serves assets, and they say more than the product of the other two.
    """
    return Table(
        name=f"raw_{issuer}__fund_history",
        key=("fund_id", "observed_on"),
        columns={
            "fund_id": "VARCHAR",
            "observed_on": "DATE",
            "nav_usd": "DOUBLE",
            "shares_outstanding": "DOUBLE",
            "distribution_usd": "DOUBLE",
            **({"aum_usd": "DOUBLE"} if with_assets else {}),
        },
        description=f"Net asset value, shares outstanding{', assets' if with_assets else ''} and distributions of {publisher} funds, one row per fund and day.",
    )
