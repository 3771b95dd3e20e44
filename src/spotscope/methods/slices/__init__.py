"""Slices of one block: how one must be turned and shifted to lie on the other."""

from spotscope.methods.slices._align import align_slices
from spotscope.methods.slices._rigid import fit_rigid

__all__ = ["align_slices", "fit_rigid"]
