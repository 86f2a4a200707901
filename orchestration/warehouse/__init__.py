"""The only opener of DuckDB: the build that dbt fills, the published file that analysts read. No metrics, no gates."""
