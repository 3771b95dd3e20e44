"""The verb that puts what is held in force, all of it at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.model import MethodError, ReadError
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._text import text_of
from spotscope.pipeline.cell_typing._find_fit import load_fitted_of
from spotscope.pipeline.cell_typing._hold import Held, held_of, hold, with_held
from spotscope.pipeline.cell_typing._hold_classes import classes_as_types
from spotscope.pipeline.cell_typing._step import retype

if TYPE_CHECKING:
    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Session

__all__ = ["held_from", "hold_classes", "hold_types"]


def hold_types(
    session: Session,
    held: Any,
    fitted: FittedTyping | None = None,
    *,
    nu: float | str | None = None,
    cache: Path | None = None,
) -> Session:
    """Hold nuclei to types and regions to a ν of their own, in place of what was held before.

    Parameters
    ----------
    session
        Typed.
    held
        All that is to hold: a :class:`~spotscope.pipeline.Held`, its record, JSON text, or a file.
    fitted
        The fit behind the session's types, where it is at hand; else looked for in the cache.
    nu
        Smoothness of the section, or ``auto``; that which is shown by default.
    cache
        Folder where results are kept; the user's cache by default.

    Raises
    ------
    ReadError, MethodError
        If it says nothing that can be held, a nucleus or a type is not of this session, or the fit
        is gone.
    """
    wanted = held_from(held)
    record = session.records.get("type")
    if record is None or session.cells is None:
        raise MethodError("Expected typed nuclei, found none; type cells before holding some.")
    fitted = fitted or load_fitted_of(session, StepCache(Path(cache or user_cache())))
    if fitted is None:
        raise MethodError(
            "Expected the fit behind these types, found that it is kept no more; type the cells "
            "again, then hold."
        )
    records = {**session.records, "type": with_held(record, Held())}
    session = hold(replace(session, records=records), wanted.types, wanted.regions)
    used = record.params.get("nu_used", fitted.auto_nu) if nu is None else nu
    return retype(session, fitted, fitted.auto_nu if used == "auto" else float(used)).session


def hold_classes(
    session: Session, fitted: FittedTyping | None = None, *, cache: Path | None = None
) -> Session:
    """Hold nuclei to the types that their classes name, beside what is held already.

    Parameters
    ----------
    session
        Typed, with nuclei that others classified, such as in QuPath.
    fitted, cache
        As of :func:`hold_types`.

    Returns
    -------
    With a note in the record of the typing: how many are held as what, and which classes are no
    type's. :func:`~spotscope.pipeline.classes_as_types` tells the same ahead.

    Raises
    ------
    MethodError
        If no nucleus has a class, no class names a type, or the fit is gone.
    """
    named, held = classes_as_types(session), held_of(session)
    everything = replace(held, types={**named.types, **held.types})
    session = hold_types(session, everything, fitted, cache=cache)
    record = session.records["type"]
    record = replace(record, notes=(*record.notes, named.said))
    return replace(session, records={**session.records, "type": record})


def held_from(given: Any) -> Held:
    """What is to hold, from records, JSON text or a file.

    Raises
    ------
    ReadError
        If it is none of these.
    """
    if isinstance(given, Held):
        return given
    said = given
    if isinstance(given, Path) or (isinstance(given, str) and given.lstrip()[:1] != "{"):
        said = text_of(Path(given), "what is held")
    try:
        record = json.loads(said) if isinstance(said, str) else said
        if record and not record.keys() & {"types", "regions"}:
            raise KeyError("types")  # of another kind: nothing would be held, and nothing said
        return Held.from_json(record)
    except (ValueError, TypeError, KeyError, AttributeError) as err:
        raise ReadError(
            f"Expected types by label and regions with their ν, found {str(said)[:60]!r} ({err}); "
            'give such as {"types": {"12": "T cell"}, "regions": []}.'
        ) from err
