"""What published pairs of connectedness must look like: shares of a variance, none of it to oneself."""

from expectations.vocabulary import between, never_null, suite

SUITE = suite(
    never_null("share_pct", "a pair stands here because its share is known"),
    between("share_pct", 0, 100, "a share of variance"),
    never_null("net_pct", "both directions of a pair are known together"),
    between("net_pct", -100, 100, "a difference of two shares"),
    grain=("trade_date", "source", "target"),
)
