"""Docks, and the Qt bridge to a task."""
