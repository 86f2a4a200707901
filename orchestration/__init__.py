"""Macro contagion indicators: from publishers' bytes to validated tables. DESIGN: docs/house.md."""
