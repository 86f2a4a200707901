"""The morning brief: one page for a reader with five minutes, made from the published file alone. Nothing is estimated here."""
