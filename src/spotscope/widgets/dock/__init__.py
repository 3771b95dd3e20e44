"""The dock itself: its cards, the workbench behind them, keys, and running everything."""
