"""What the published dimension of funds must look like: one row a fund, named and classified."""

from expectations.vocabulary import between, never_null, suite

SUITE = suite(
    *(never_null(column, "a fund is shown by it") for column in ("fund_name", "issuer", "asset_class", "reference_segment")),
    never_null("leverage", "a fund without its factor would be taken for an ordinary one"),
    between("leverage", -4, 4, "three times is the most a listed US fund offers in 2026"),
    grain=("fund_id",),
)
