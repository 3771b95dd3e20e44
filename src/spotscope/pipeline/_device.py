"""Which device heavy work runs on: resolved once, here."""

from __future__ import annotations

from importlib.util import find_spec

from spotscope.model import DeviceError

__all__ = ["DEVICES", "resolve_device"]

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve_device(name: str = "auto") -> str:
    """Resolve ``auto`` to CUDA, then MPS, then CPU; check that a device named is there.

    Raises
    ------
    DeviceError
        If the device asked for is not on this machine.
    """
    found = ["cpu"]
    if name != "cpu" and find_spec("torch") is not None:
        import torch

        if torch.backends.mps.is_available():
            found.insert(0, "mps")
        if torch.cuda.is_available():
            found.insert(0, "cuda")
    if name == "auto":
        return found[0]
    if name not in found:
        raise DeviceError(
            f"Expected the device {name!r}, found only {', '.join(found)} on this machine; "
            "leave --device out to take the best there is."
        )
    return name
