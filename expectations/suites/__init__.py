"""One suite a table, in a module named like the table. Bounds and their reasons only; the words are in `expectations.vocabulary`."""

from importlib import import_module
from importlib.util import find_spec

from expectations.vocabulary import Suite


def load(table: str) -> Suite:
    """The suite of a table. Raises LookupError when it has none."""
    name = f"{__name__}.{table}"
    if not table.isidentifier() or find_spec(name) is None:
        raise LookupError(f"expected a suite for {table}, found no module {name}; write expectations/suites/{table}.py")
    found = import_module(name).SUITE
    if not isinstance(found, Suite):
        raise LookupError(
            f"expected SUITE = suite(…) in expectations/suites/{table}.py, found {type(found).__name__}; use the words of expectations/vocabulary.py"
        )
    return found
