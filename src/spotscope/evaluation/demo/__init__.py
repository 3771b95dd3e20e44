"""The demo sample: a section nobody cut, made from a seed, with the truth of everything in it."""

from spotscope.evaluation.demo._sample import DemoSample, make_demo

__all__ = ["DemoSample", "make_demo"]
