"""What lies in an output folder from before, and is not to be lost: other samples, work by hand."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from spotscope import io
from spotscope.model import EditKind, OutFile, WriteError

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.model import Sample

__all__ = ["spare_hand_work", "spare_others"]

#: Results that other programs give such names, too.
_FILES = (OutFile.SPOTS, OutFile.CELLS, OutFile.NUCLEI, OutFile.OVERVIEW)


def spare_others(out: Path, sample: Sample) -> None:
    """Refuse to write a sample's results over those of another, or over files of no run.

    It is the same sample if it was opened from the same path; or, as files are moved, if its name
    and the numbers of its spots and genes are the same.

    Raises
    ------
    WriteError
        If something else would be lost.
    """
    about = io.session_about(out)
    if about is None:
        found = next((out / name for name in _FILES if (out / name).exists()), None)
        if found is not None:
            raise WriteError(
                f"Expected a folder of its own for the results, found {found.name!r} of something "
                f"else in {out}; give another folder (--out)."
            )
        return
    opened, name = about.get("opened") or {}, str(about.get("name"))
    same_path = "path" in opened and opened["path"] == sample.opened.get("path")
    if same_path or (name == sample.name and _numbers(out) in (None, _numbers_of(sample))):
        return
    raise WriteError(
        f"Expected no results of another sample in {out}, found those of {name!r}; give "
        f"{sample.name!r} a folder of its own (--out)."
    )


def spare_hand_work(out: Path, *, edits: bool, counts: bool) -> None:
    """Refuse to begin anew over what somebody did by hand.

    Parameters
    ----------
    out
        The folder that results are to be written to.
    edits
        Whether corrections are given anew.
    counts
        Whether numbers of cells are.

    Raises
    ------
    WriteError
        If there are corrections, nuclei held to a type, or regions.
    """
    about = io.session_about(out) or {}
    corrected = [] if edits else _edits(about, counts)
    found = list(corrected)
    held = ((about.get("records") or {}).get("type") or {}).get("figures", {}).get("held")
    found += ["nuclei or regions that were held"] if held else []
    regions = len((about.get("view") or {}).get("regions") or ())
    found += [f"{regions:,} region{'s' if regions > 1 else ''}"] if regions else []
    if found:
        raise WriteError(
            f"Expected to begin anew in {out}, found work done by hand there "
            f"({', '.join(found)}); give another folder (--out)"
            + (
                f"; --edits {out / OutFile.RECORD} takes the corrections along."
                if corrected
                else "."
            )
        )


def _edits(about: dict[str, Any], counts: bool) -> list[str]:
    done = (about.get("edits") or {}).get("done", ())
    by_hand = [edit for edit in done if not (counts and edit.get("edit") == EditKind.COUNT)]
    return [f"{len(by_hand):,} correction{'s' if len(by_hand) > 1 else ''}"] if by_hand else []


def _numbers(out: Path) -> tuple[int, int] | None:
    """Spots and genes of the earlier run; None where they are not said."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        found = json.loads((out / OutFile.RECORD).read_text(encoding="utf-8"))["found"]
        return int(found["spots"]), int(found["genes"])
    return None


def _numbers_of(sample: Sample) -> tuple[int, int] | None:
    return None if sample.spots is None else (sample.spots.n, int(sample.spots.table.n_vars))
