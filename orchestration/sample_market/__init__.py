"""A simulated market that writes a mirror of publishers' files: what the default profile reads, offline and without keys.

Real tickers, invented prices; everything written says SIMULATED. Rooms below landing see only the files. Nothing of ours
but calendars may come in: a generator that shared code with the parsers would share their mistakes.

`securities` lists what a fund can hold, `universe` names what else exists, `market` draws the numbers, `writers/` turn
numbers into a publisher's bytes, `mirror` decides which file was served on which morning.
"""

from orchestration.sample_market.mirror import DEFAULT_SEED, write_mirror

__all__ = ["DEFAULT_SEED", "write_mirror"]
