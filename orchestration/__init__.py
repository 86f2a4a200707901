"""Macro contagion indicators: from publishers' bytes to validated tables. The rooms: docs/house.md."""
