"""Where runs are executed: one Protocol, one file per way."""
