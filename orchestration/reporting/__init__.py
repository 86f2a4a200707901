"""What people see outside Dagster: terminal pages now, the brief later. Reads the published file; computes no metric."""
