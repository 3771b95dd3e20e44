"""How much memory a stretch of work takes, as the system counts it."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["Growth", "peak_gib", "sparse_gib"]

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Growth:
    """What a process comes to hold at most beyond what it held when this was made.

    Only Linux lets the peak begin anew; elsewhere :attr:`gib` is NaN.
    """

    def __init__(self) -> None:
        gc.collect()
        self._base = _held("VmRSS")
        try:
            _RESET.write_text("5", "ascii")
        except OSError:
            self._base = float("nan")

    @property
    def gib(self) -> float:
        """Up to now."""
        return _held("VmHWM") - self._base

    def beside(self, counts: sp.csr_matrix) -> str:
        """In words: GiB, and how many times the sparse counts that is."""
        if self.gib != self.gib:
            return "–"
        return f"{self.gib:.2f} ({self.gib / sparse_gib(counts):.1f} ×)"


def sparse_gib(counts: sp.csr_matrix) -> float:
    """Memory of sparse counts."""
    return float(counts.data.nbytes + counts.indices.nbytes + counts.indptr.nbytes) / 2**30


def peak_gib() -> float:
    """Most memory that this process has held; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib / 2**30 if sys.platform == "darwin" else kib / 2**20


def _held(what: str) -> float:
    """A line of the process' status, in GiB; NaN where there is none."""
    try:
        lines = _STATUS.read_text("ascii").splitlines()
    except OSError:
        return float("nan")
    return next((int(s.split()[1]) / 2**20 for s in lines if s.startswith(what)), float("nan"))
