"""A simulated market that writes a mirror of publishers' files: what the default profile reads, offline and without keys.

Real tickers, invented prices; everything written says SIMULATED. Rooms below landing see only the files. Nothing of ours
but calendars may come in: a generator that shared code with the parsers would share their mistakes, one that shared code with
the metrics would test nothing.

`script` says what is told and `securities`, `funds` what exists; `news` draws what moves prices, `channels/` hold the five ways of being
forced to trade, `impact` what a trade does to a price, `engine` the day loop in several worlds; `calibration` adjusts all that to the story,
`market` and `options` turn it into what is published, `writers/` into publishers' bytes, `mirror` decides which file was served on which
morning, and `truth` keeps beside it what nobody could have seen.
"""

from orchestration.sample_market.mirror import DEFAULT_SEED, write_mirror

__all__ = ["DEFAULT_SEED", "write_mirror"]
