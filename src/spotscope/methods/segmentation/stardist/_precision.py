"""The kind of number a network computes in: the quickest that this machine multiplies natively.

Whole numbers of eight bits on processors that add up their products without rounding, for networks
whose largest values are known (see ``_tops``); else bfloat16 where it is native; else float32.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from spotscope.methods.segmentation.stardist._network import StarNetwork

__all__ = ["Precision", "in_precision", "precisions"]

Precision = Literal["int8", "bfloat16", "float32"]
_SAID: ContextVar[Precision | None] = ContextVar("precision", default=None)


def precisions(network: StarNetwork) -> tuple[Precision, ...]:
    """What a network may compute in where it lies, the quickest first; or what was said last."""
    from spotscope.methods.segmentation.stardist._eight_bits import can_be_whole

    said = _SAID.get()
    if said is not None:
        return (said,)
    device = next(network.parameters()).device
    found: list[Precision] = []
    if device.type == "cpu" and network.tops and can_be_whole(network.config) and _whole():
        found.append("int8")
    if _native_bfloat16(device):
        found.append("bfloat16")
    return (*found, "float32")


@contextmanager
def in_precision(precision: Precision) -> Iterator[None]:
    """Have networks compute in this, on this thread: to compare one with another."""
    token = _SAID.set(precision)
    try:
        yield
    finally:
        _SAID.reset(token)


def _native_bfloat16(device: torch.device) -> bool:
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # other processors emulate bfloat16, which is slower than float32
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return device.type == "cpu" and asked is not None and bool(asked())


@lru_cache(maxsize=1)
def _whole() -> bool:
    from spotscope.methods.segmentation.stardist._eight_bits import multiplies_whole

    return multiplies_whole()
