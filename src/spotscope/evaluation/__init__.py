"""Truth: simulated samples, metrics, splits and benchmarks."""
