"""The denoiser: cells of one type, given the type's mean profile, without their noise.

Latents are divided by their standard deviation in the type, z = h / √s_k, so that the closed form's
prior is N(0, I) and its denoiser z / (1 + σ²). The network learns what is left over,

    D(z; σ, μ) = z / (1 + σ²) + g(σ) σ / √(1 + σ²) F(z / √(1 + σ²); ln σ, μ)

(preconditioning of Karras et al. 2022 with data of variance 1), F beginning at 0 and g(σ) between 0
and 1: a network that learned nothing is the closed form. The type enters as a vector, its mean
profile seen along a few axes, not as a number, so that like types share what they have in common.
"""

from __future__ import annotations

import math

import torch
from torch import nn

__all__ = ["Denoiser", "denoise"]


class Denoiser(nn.Module):
    """Residual layers, each scaled and shifted by noise level and profile.

    Parameters
    ----------
    n_latents, n_profile
        Lengths of z and of the profile vector.
    width, depth
        Units of a layer, and number of residual layers.
    """

    def __init__(self, n_latents: int, n_profile: int, width: int = 192, depth: int = 4) -> None:
        super().__init__()
        self.waves = 8
        self.context = nn.Sequential(
            nn.Linear(2 * self.waves + n_profile, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.first = nn.Linear(n_latents, width)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.outer = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.film = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(depth))
        self.norms = nn.ModuleList(
            nn.LayerNorm(width, elementwise_affine=False) for _ in range(depth)
        )
        self.last = nn.Linear(width, n_latents)
        for layer in (self.last, *self.outer):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        z: torch.Tensor,
        log_sigma: torch.Tensor,
        profile: torch.Tensor,
        which: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """F of scaled latents.

        Parameters
        ----------
        z
            (..., latent).
        log_sigma, profile
            (k,) ln σ and (k, axis) profiles: those of each z in turn, or those ``which`` names.
        which
            Whole numbers below k, of a shape that ``z`` without its last axis broadcasts with: a
            sample's cells share few profiles, of which the layers' scales are worked out but once.
        """
        pitch = torch.exp2(torch.arange(self.waves, device=z.device) - 3.0) * math.pi / 4
        angle = log_sigma[:, None] * pitch
        context = self.context(torch.cat([angle.sin(), angle.cos(), profile], dim=1))
        x = self.first(z)
        for inner, outer, film, norm in zip(
            self.inner, self.outer, self.film, self.norms, strict=True
        ):
            told = film(context)
            scale, shift = (told if which is None else told[which]).chunk(2, dim=-1)
            x = x + outer(nn.functional.silu(inner(norm(x)) * (1 + scale) + shift))
        return self.last(x)


def denoise(
    network: nn.Module | None,
    z: torch.Tensor,
    sigma: float,
    profile: torch.Tensor,
    gate: float,
    which: torch.Tensor | None = None,
) -> torch.Tensor:
    """(..., latent) D of noisy latents at one noise level; without a network the closed form's."""
    total = 1 + sigma * sigma
    plain = z / total
    if network is None or gate == 0.0:
        return plain
    level = torch.full((len(profile),), math.log(sigma), dtype=z.dtype, device=z.device)
    learned = network(z / math.sqrt(total), level, profile, which)
    return plain + gate * sigma / math.sqrt(total) * learned
