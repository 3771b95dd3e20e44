"""From a network's probability to how often such an outline is a nucleus.

Of outlines i with probability p_i, matched (y_i = 1) or not, the curve

    logit q = b logit p + a,    (a, b) = argmin Σ_i log(1 + exp(z_i)) - y_i z_i,   z = b logit p + a

(Platt 1999). For calibrated q the threshold of largest F1 is F1 / 2 (Lipton et al. 2014): 0.4 to
0.45 for what networks reach, which is why the default lies there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["fit_calibration"]

#: With fewer outlines of either kind the curve is left as it is.
_ENOUGH = 20


def fit_calibration(
    probability: npt.NDArray[np.floating], matched: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """(slope b, shift a) of the curve; (1, 0) where there is too little to learn it from.

    Parameters
    ----------
    probability
        (outline,) of the network, 0 to 1.
    matched
        (outline,) whether it is a nucleus.
    """
    from scipy.optimize import minimize

    if min(matched.sum(), (~matched).sum()) < _ENOUGH:
        return 1.0, 0.0
    p = np.clip(probability.astype(float), 1e-6, 1 - 1e-6)
    odds = np.log(p / (1 - p))

    def surprise(curve: npt.NDArray[np.float64]) -> float:
        z = curve[0] * odds + curve[1]
        return float(np.mean(np.logaddexp(0, z) - matched * z))

    slope, shift = minimize(surprise, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=_BOUNDS).x
    return float(slope), float(shift)


#: A curve that falls, or is a step, is no calibration.
_BOUNDS = [(0.1, 10.0), (-10.0, 10.0)]
