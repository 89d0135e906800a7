"""The operational database: the only folder that knows SQL."""
