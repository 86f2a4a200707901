"""Thin Dagster wrappers: raw assets and their gate, dbt, the gate before publication, publication, automation. No logic of the domain."""
