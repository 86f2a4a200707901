"""What was served and when: transports, the archive of bytes, raw vintages, quarantine. Rows are never interpreted here."""
