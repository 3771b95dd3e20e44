"""Regions that are drawn: what they hold, a ν of their own, their files."""
