"""What is to be known of a trained network: data, licence, scores, limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.segmentation.stardist import AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.evaluation import LabelScore
    from spotscope.methods.segmentation.stardist import Learned, NetworkParams
    from spotscope.training import TrainParams

__all__ = ["TileRow", "model_card", "score_rows"]

HEAD = "| tile | drawn | found | F1 at IoU 0.5 | F1 at 0.7 | AJI | PQ | watershed F1 at 0.5 |\n"


@dataclass(frozen=True, slots=True)
class TileRow:
    """A tile, with the network's score and the watershed's."""

    name: str
    network: LabelScore
    watershed: LabelScore


def score_rows(rows: Sequence[TileRow]) -> str:
    """A table in Markdown, its last row the mean over tiles."""
    lines = [HEAD + "|---" * 8 + "|"]
    for row in rows:
        found = row.network
        lines.append(
            f"| {row.name} | {found.n_true} | {found.n_found} | {_figures(found.values)} | "
            f"{row.watershed.f1:.3f} |"
        )
    mean = np.mean([row.network.values for row in rows], axis=0)
    floor = np.mean([row.watershed.f1 for row in rows])
    lines.append(f"| **mean** | | | {_figures(mean)} | {floor:.3f} |")
    return "\n".join(lines)


def _figures(values: Sequence[float]) -> str:
    return " | ".join(f"{value:.3f}" for value in values)


def _validated(validation: Sequence[tuple[int, float]]) -> str:
    if len(validation) < 2:
        return ""
    (first, before), (last, after) = validation[0], validation[-1]
    return (
        f"Loss on crops of the tiles calibrated on: {before:.4f} at step {first:,}, {after:.4f} at "
        f"step {last:,}. "
    )


def model_card(
    name: str,
    licence: str,
    learned: Learned,
    shape: NetworkParams,
    params: TrainParams,
    parts: Mapping[str, Sequence[str]],
    rows: Sequence[TileRow],
) -> str:
    """The card as Markdown."""
    config = learned.config
    agreed = ""
    if config.n_channel_in == 3:
        agreed = f" Outlines are what {100 * AGREEMENT:.0f}% of a nucleus' pixels agree on."
    measured = (
        "On patients it neither learned from nor was calibrated on:\n\n" + score_rows(rows)
        if rows
        else "Not measured: there were too few patients to hold some back."
    )
    began = f"the model {shape.start!r}" if shape.start else "random weights"
    zooms = shape.zooms or ("0.8 to 1.25" if config.n_channel_in == 3 else "0.6 to 1.6")
    return f"""# {name}: nuclei in {"H&E" if config.n_channel_in == 3 else "fluorescence"}

A StarDist network (Schmidt et al. 2018) trained by `spotscope train nuclei`: {config.n_channel_in}
channels, {config.unet_n_filter_base} filters, grid {config.grid[0]}, {config.n_rays} rays. It looks
at images at {shape.model_mpp:g} µm per pixel.{agreed} For research; not a medical device.

## Licence of the weights

{licence}

## Data

| part | tiles | names |
|---|---|---|
| learned from | {len(parts["training"])} | {", ".join(parts["training"])} |
| calibrated on | {len(parts["development"])} | {", ".join(parts["development"]) or "–"} |
| scored on | {len(parts["reporting"])} | {", ".join(parts["reporting"]) or "–"} |

{params.steps:,} steps of {shape.batch} crops from {began}; learning rate {params.learning_rate:g},
falling in half a cosine; averaged weights ({params.average:g}); zooms {zooms}; stain changed by
{shape.stain:g}. {_validated(learned.validation)}Everything else: `model.json`.

## How well it does

{measured}

## Limits

It knows what the images above show. On other organs, stains and scanners: look at the outlines.
Star-convex outlines cannot follow strongly bent nuclei.
"""
