"""One publisher's topic a file: bytes in, typed rows out. Neither Dagster, DuckDB nor the file system may come in.

Every module here with a `SOURCE` is a source; nobody registers anything by hand.
"""

import pkgutil
from functools import cache
from importlib import import_module

from orchestration.sources.contract import Source


@cache
def all_sources() -> dict[str, Source]:
    """Every source by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    found = (module.SOURCE for module in modules if hasattr(module, "SOURCE"))
    return {source.name: source for source in sorted(found, key=lambda source: source.name)}
