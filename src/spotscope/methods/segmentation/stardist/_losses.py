"""How far the network is from its targets.

    L = BCE(prob, p) + λ [ Σ_p w |d - d̂| / Σ_p w  +  ρ mean_{w = 0} |d̂| ],      w = p,

the distances weighted by the object probability, so that centres, which outlines are read from,
count most (Schmidt et al. 2018; λ = 0.2, ρ = 1e-4 as in Weigert et al. 2020).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

__all__ = ["star_loss"]

_DISTANCE, _BACKGROUND = 0.2, 1e-4


def star_loss(
    logit: torch.Tensor, dist: torch.Tensor, prob: torch.Tensor, truth: torch.Tensor
) -> torch.Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    logit
        (n, 1, y, x) what the prob head says.
    dist
        (n, ray, y, x) predicted distances.
    prob
        (n, 1, y, x) targets, 0 to 1; below 0 where nothing is known.
    truth
        (n, ray, y, x) target distances.
    """
    known = (prob >= 0).float()
    target = prob.clamp(0, 1)
    entropy = F.binary_cross_entropy_with_logits(logit.float(), target, reduction="none")
    entropy = (entropy * known).sum() / known.sum().clamp(min=1)
    off = (dist.float() - truth).abs().mean(dim=1, keepdim=True)
    weight = target * known
    distance = (weight * off).sum() / weight.sum().clamp(min=1e-3)
    empty = known * (target == 0)
    stray = (empty * dist.float().abs().mean(dim=1, keepdim=True)).sum() / empty.sum().clamp(min=1)
    return entropy + _DISTANCE * (distance + _BACKGROUND * stray)
