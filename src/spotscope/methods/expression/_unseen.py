"""What a nucleus that no spot sees is expected to express: its type's mean cell, if it is one.

With π the probability of its type k, m and s² mean and variance of the cells of a type at the
section's depth, p the section's mix of types, and r the ratio by which cells of type k around it
differ from their mean,

    mean = π r m_k + (1 - π) o_k,                   o_k = Σ_{l ≠ k} p_l m_l / (1 - p_k),
    var  = π (v s_k² + r² m_k²) + (1 - π) q_k - mean²,
                                                    q_k = Σ_{l ≠ k} p_l (s_l² + m_l²) / (1 - p_k),

v = r² above 1 and r below, as of the two parts of the variance one goes as the rate, the other as
its square. A nucleus without a type is any of the section's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from spotscope.methods.expression._evidence import Evidence

__all__ = ["Unseen"]

F32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


class Unseen:
    """Cells that no spot sees, on the genes wanted.

    Parameters
    ----------
    evidence
        What is known of the section.
    """

    def __init__(self, evidence: Evidence) -> None:
        e = evidence
        middle = float(np.exp(np.log(e.scene.depth).mean()))
        means = e.fitted.means[:, e.wanted] * e.scene.effects[e.wanted] * middle
        variance = e.fitted.dispersion[:, e.wanted] * means**2 + min(middle, 1.0) * means
        mix = np.bincount(e.codes[e.codes >= 0], minlength=len(means)).astype(float)
        mix /= max(mix.sum(), 1.0)
        centre, square = mix @ means, mix @ (variance + means**2)
        rest = np.maximum(1 - mix, 1e-12)[:, None]
        # a row of its own, the last, for cells without a type
        self._means = np.vstack([means, centre])
        self._variance = np.vstack([variance, square - centre**2])
        self._others = np.vstack([(centre - mix[:, None] * means) / rest, centre])
        own = mix[:, None] * (variance + means**2)
        self._others_square = np.vstack([(square - own) / rest, square])
        self._codes = np.asarray(e.codes)
        self._sure = np.ones(len(e.codes))
        if e.support is not None:
            self._sure = np.clip(np.nan_to_num(e.support, nan=1.0), 0.0, 1.0)
        self._sure[self._codes < 0] = 1.0
        alone = np.flatnonzero(mix >= 1.0)  # there is no other type it could be of
        self._sure[np.isin(self._codes, alone)] = 1.0

    def describe(self, cells: npt.NDArray[np.integer], ratio: F32 | None = None) -> tuple[F32, F32]:
        """(cell, gene) mean and standard deviation.

        Parameters
        ----------
        cells
            Any that no spot sees.
        ratio
            (cell, gene) r; 1 by default.
        """
        codes, sure = self._codes[cells], self._sure[cells][:, None].astype(np.float32)
        own, variance = self._means[codes].astype(np.float32), self._variance[codes]
        if ratio is not None:
            own = own * ratio
            variance = variance * np.where(ratio > 1, ratio * ratio, ratio)
        mean = sure * own + (1 - sure) * self._others[codes].astype(np.float32)
        square = sure * (variance + own.astype(np.float64) ** 2)
        square += (1 - sure) * self._others_square[codes]
        sd = np.sqrt(np.maximum(square - mean.astype(np.float64) ** 2, 0))
        return mean, sd.astype(np.float32)
