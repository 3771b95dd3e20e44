"""What the extra [segmentation] brings, looked for without importing it."""

from importlib.util import find_spec

from spotscope.model import MissingDependencyError

__all__ = ["require"]

_USES = {
    "torch": "A StarDist network needs torch",
    "stardist": "StarDist's suppression needs the package stardist",
    "h5py": "A StarDist model folder is read with h5py",
}


def require(package: str) -> None:
    """See that ``torch``, ``stardist`` or ``h5py`` is there.

    Raises
    ------
    MissingDependencyError
        If it is not.
    """
    if find_spec(package) is None:
        raise MissingDependencyError(
            f"{_USES[package]}, which is not installed. "
            "Install it with: pip install 'spotscope[segmentation]'"
        )
