"""Truth: simulated samples, metrics, splits and benchmarks."""

from spotscope.evaluation.demo import DemoSample, make_demo

__all__ = ["DemoSample", "make_demo"]
