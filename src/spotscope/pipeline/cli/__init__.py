"""The command line."""

from spotscope.pipeline.cli._main import build_parser, main

__all__ = ["build_parser", "main"]
