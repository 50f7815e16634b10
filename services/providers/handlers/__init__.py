"""Load, decide, save: one transaction, which the caller holds. No network call inside."""
