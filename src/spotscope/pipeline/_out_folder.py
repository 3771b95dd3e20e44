"""Where results may be written: to a folder that takes them, and over no file they are made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope import io
from spotscope.model import OutFile, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spotscope.model import Session

__all__ = ["check_writable", "inputs_of", "spare"]


def check_writable(out: Path, *read: Any) -> Path:
    """Refuse an output folder that cannot be written to, before any work is done for it.

    It is made by what is written into it: a run that fails leaves none.

    Parameters
    ----------
    out
        The folder.
    *read
        What is read, as far as it is files: none is to be written over by a result of its name.

    Raises
    ------
    WriteError
        If it cannot be made or written to, is a file, or holds one of ``read`` under the name of a
        result.
    """
    spare([out / name for name in OutFile], read)
    try:
        io.try_folder(out)
    except FileExistsError as err:
        what = "a link that leads nowhere" if out.is_symlink() else "a file"
        raise WriteError(
            f"Expected a folder to write results to at {out}, found {what}; give another one "
            "(--out)."
        ) from err
    except OSError as err:
        raise WriteError(
            f"Expected a folder to write results to at {out}, found one that cannot be written "
            f"({err.strerror}); give another one (--out)."
        ) from err
    return out


def spare(written: Iterable[Path], read: Iterable[Any]) -> None:
    """Refuse to write over what is read.

    Parameters
    ----------
    written
        Files and folders that would be written.
    read
        Paths of inputs; what is no path, or not there, is passed over.

    Raises
    ------
    WriteError
        If one of them is the same file, by whatever name.
    """
    inputs = [path for path in read if isinstance(path, Path) and path.exists()]
    for target in written:
        if target.exists() and any(target.samefile(path) for path in inputs):
            raise WriteError(
                f"Expected to write {target.name!r} beside the files it is made of, found that it "
                f"is one of them ({target}); give another place (--out)."
            )


def inputs_of(session: Session) -> tuple[Path, ...]:
    """The files that a session was made of, as far as it knows."""
    slide, typed = session.sample.slide, session.records.get("type")
    source = (typed.figures.get("reference") or {}) if typed is not None else {}
    named = [session.sample.opened.get(key) for key in ("path", "image")]
    named += [source.get(key) for key in ("path", "labels")]
    found = [Path(str(name)) for name in named if name]
    if slide is not None and slide.source is not None:
        found.append(slide.source)
    return tuple(found)
