"""The run record: what was done, with what, by which versions, and what to cite."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RunRecord", "versions"]

_PACKAGES = ("spotscope", "numpy", "scipy", "anndata", "dask", "zarr", "scikit-image", "numba")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """How one result came about.

    Parameters
    ----------
    step
        ``segment``, ``type``, …
    params
        The parameters, as JSON.
    seed
        Of every random number in it; None where nothing is random.
    inputs
        Fingerprint of every input, by its role.
    versions
        Of the packages that made it.
    seconds
        Time it took.
    notes
        What the user should know: genes dropped, spots flagged, a baseline that won.
    references
        What to cite.
    figures
        Numbers to read the result by, such as the baseline's answer (JSON).
    when
        When the record was made, in UTC (ISO 8601); empty in those of earlier versions.
    """

    step: str
    params: Mapping[str, Any]
    seed: int | None
    inputs: Mapping[str, str]
    versions: Mapping[str, str]
    seconds: float
    notes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    when: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"), compare=False
    )

    def to_json(self) -> dict[str, Any]:
        """As plain dictionaries and lists."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunRecord:
        """The inverse of :meth:`to_json`."""
        listed = {key: tuple(data.get(key, ())) for key in ("notes", "references")}
        return cls(**{"when": "", **data, **listed})


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that shape a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a source tree
            continue
    return found
