"""Readers and writers: one file a format, nothing loaded before it is needed."""
