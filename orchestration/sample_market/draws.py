"""Random numbers: each quantity draws from a stream of its own, so that adding one changes no other. Nothing else may come in."""

import zlib

import numpy as np

from orchestration.sample_market.facts import Array


def stream(seed: int, quantity: str) -> np.random.Generator:
    """The random numbers of one quantity, independent of all others."""
    return np.random.default_rng([seed, zlib.crc32(quantity.encode())])


def normal(seed: int, quantity: str, *shape: int) -> Array:
    """Standard normal draws of one quantity."""
    return stream(seed, quantity).standard_normal(shape)


def autoregression(shocks: Array, persistence: float) -> Array:
    """First-order autoregression over the first axis, started at its stationary spread; shocks are standard normal, so is the result's spread 1."""
    level = np.empty_like(shocks)
    level[0] = shocks[0]
    scale = np.sqrt(1 - persistence**2)
    for today in range(1, len(shocks)):
        level[today] = persistence * level[today - 1] + scale * shocks[today]
    return level
