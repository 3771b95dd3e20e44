"""Steps, their cache and record, the executor."""
