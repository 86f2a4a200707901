"""Measurements that take minutes and prove what the README claims. Run by hand, never imported by the pipeline, never a test's timing."""
