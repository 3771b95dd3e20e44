"""Random numbers: one seed in the run record, nothing seeded globally."""

from __future__ import annotations

import numpy as np

__all__ = ["Rng", "as_rng", "spawn"]

Rng = int | np.random.Generator | None


def as_rng(rng: Rng) -> np.random.Generator:
    """Return a generator from a seed, from a generator (as it is) or from None (fresh entropy)."""
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng)


def spawn(rng: Rng, n: int) -> list[np.random.Generator]:
    """Return ``n`` independent generators, one a tile or chain, whatever order they run in."""
    return as_rng(rng).spawn(n)
