"""The output folder: the session, and the same results as files for other tools."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spotscope import io
from spotscope.layers import TypeLooks
from spotscope.model import (
    EditMark,
    GivenKey,
    MeasureKey,
    OutFile,
    Progress,
    Session,
    run,
    versions,
)
from spotscope.pipeline._earlier import spare_others
from spotscope.pipeline._full_mpp import with_full_mpp
from spotscope.pipeline._lost_slide import find_slide, say_lost
from spotscope.pipeline._out_folder import check_writable, inputs_of
from spotscope.pipeline.cell_typing._find_fit import bring_fit, carry_fit
from spotscope.pipeline.report._colours import in_colours
from spotscope.pipeline.report._overview import overview_task
from spotscope.pipeline.segmentation._measure import nucleus_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from spotscope.model import Cells, Task

__all__ = ["open_session", "overview", "save_session"]

_OVERVIEW_PX = 1400
#: Files that a session may have no more when it is saved again.
_RESULTS = (OutFile.SPOTS, OutFile.CELLS, OutFile.NUCLEI, OutFile.OVERVIEW)


def save_session(session: Session, out: str | Path) -> Task[Path]:
    """Write the output folder; every file is staged and renamed, inputs are never touched.

    The fit behind its types goes into its ``steps``, so that ν turns wherever the folder is opened.

    Parameters
    ----------
    session
        With whatever has been found so far.
    out
        The folder; made if need be.

    Raises
    ------
    WriteError
        If the folder cannot be written to, the disk is full, a result would be written over a
        file that it is made of, or the folder holds another sample's.
    """
    out = check_writable(Path(out), *inputs_of(session))
    spare_others(out, session.sample)
    before = (out / OutFile.SESSION).exists()
    with ExitStack() as stack:
        # each takes its place when all are written: a full disk leaves the earlier result whole
        written = yield from _write_all(
            session, lambda name: stack.enter_context(io.staged(out / name))
        )
        carry_fit(session, out)
    for name in set(_RESULTS) - written if before else ():
        (out / name).unlink(missing_ok=True)  # of what the session no longer has
    return out


def _write_all(session: Session, place: Callable[[OutFile], Path]) -> Task[set[OutFile]]:
    """Write every file to where it is first placed; returns which there are."""
    sample, cells = session.sample, session.cells
    written = {OutFile.SESSION, OutFile.RECORD}
    yield from io.write_session(place(OutFile.SESSION), session)
    yield Progress("writing tables", 0, 3)
    if sample.spots is not None:
        written.add(OutFile.SPOTS)
        io.write_spots_h5ad(place(OutFile.SPOTS), sample.spots, sample.slide, name=sample.name)
    if cells is not None:
        written.add(OutFile.CELLS)
        io.write_cells_h5ad(place(OutFile.CELLS), _with_measures(session, cells))
    yield Progress("writing tables", 1, 3)
    if session.nuclei is not None and sample.drawn_mpp is not None:
        written.add(OutFile.NUCLEI)
        names, colours = _names_and_colours(session)
        known = session.nuclei.classes
        yield from io.write_nuclei_geojson(
            place(OutFile.NUCLEI),
            session.nuclei,
            mpp=sample.drawn_mpp,
            cell_type=names,
            colours=colours,
            measurements=nucleus_columns(session),
            # untyped nuclei are classified as they were before
            marked=known.words() if known is not None and cells is not None else None,
        )
    yield Progress("writing tables", 2, 3)
    picture = yield from overview_step(session)
    if picture is not None:
        written.add(OutFile.OVERVIEW)
        # in half the time of level 6, and 1 % larger
        picture.save(place(OutFile.OVERVIEW), format="PNG", compress_level=4)
    record = json.dumps(_record(session), indent=2, ensure_ascii=False)
    place(OutFile.RECORD).write_text(record + "\n", encoding="utf-8")
    yield Progress("writing tables", 3, 3)
    return written


def open_session(out: str | Path, *, image: str | Path | None = None) -> Task[Session]:
    """Open what :func:`save_session` wrote, with the slide itself where it is still to be had.

    Parameters
    ----------
    out
        The folder.
    image
        The slide, where it is not where it was.

    Raises
    ------
    ReadError
        If there is no session, it is damaged, or a newer spotscope wrote it; or ``image`` is not
        its slide.
    """
    folder = Path(out)
    store = folder / OutFile.SESSION if folder.name != OutFile.SESSION else folder
    yield Progress("opening the session", 0, 2)
    session, source = io.read_session(store)
    bring_fit(session, store.parent)
    sample = with_full_mpp(session.sample, io.session_about(store) or {})
    if image is not None:
        return replace(session, sample=(yield from find_slide(sample, image)))
    if sample.slide is not None and source is not None:
        path, mpp = source
        slide = yield from io.open_slide(path, mpp=mpp)
        sample = replace(sample, slide=replace(slide, name=sample.slide.name))
        yield Progress("opening the session", 2, 2)
    return replace(session, sample=say_lost(sample))


def overview(session: Session) -> Image | None:
    """Draw it at once; see :func:`overview_step`."""
    return run(overview_step(session))


def overview_step(session: Session) -> Task[Image | None]:
    """Draw ``overview.png``: the part of the slide with spots or nuclei on it.

    Returns
    -------
    None where there is no slide.
    """
    sample, cells, nuclei = session.sample, session.cells, session.nuclei
    if sample.slide is None:
        return None
    box = _box(session)
    origin = np.array(box[:2])
    types = cells.types if cells is not None else ()
    palette = colours_by_hand(session).table(types)
    return (
        yield from overview_task(
            in_colours(sample.slide.window(box, _OVERVIEW_PX)),
            (box[2] - box[0], box[3] - box[1]),
            yx_um=cells.yx_um - origin if cells is not None else np.zeros((0, 2)),
            codes=cells.type_codes if cells is not None else np.zeros(0, np.int16),
            types=types,
            colours=np.array([palette[name] for name in types], np.uint8).reshape(-1, 3),
            spots_yx_um=sample.spots.yx_um - origin if sample.spots is not None else None,
            spot_diameter_um=sample.spots.lattice.diameter_um if sample.spots is not None else None,
            title=sample.name,
            outlines=replace(nuclei, yx_um=nuclei.yx_um - origin) if nuclei is not None else None,
        )
    )


def _box(session: Session) -> tuple[float, float, float, float]:
    """(y0, x0, y1, x1) in µm around all spots and nuclei, with a margin, within the slide."""
    slide, spots = session.sample.slide, session.sample.spots
    assert slide is not None
    places = [spots.yx_um] if spots is not None else []
    if session.nuclei is not None and session.nuclei.n:
        # a speck of dust far out does not decide what is shown
        places.append(np.quantile(session.nuclei.yx_um, [0.001, 0.999], axis=0))
    if not places:
        return (0.0, 0.0, *slide.extent_um)
    low, high = np.concatenate(places).min(axis=0), np.concatenate(places).max(axis=0)
    margin = 0.06 * float((high - low).max()) + 50.0
    low = np.maximum(low - margin, 0.0)
    high = np.minimum(high + margin, slide.extent_um)
    if (high <= low).any():  # all of them lie beside it
        return (0.0, 0.0, *slide.extent_um)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _with_measures(session: Session, cells: Cells) -> Cells:
    """The cell table with every number there is of its nuclei."""
    from anndata import AnnData

    table, obs = cells.table, cells.table.obs.assign(**nucleus_columns(session))
    if MeasureKey.EDITED in obs:
        names = [mark.name.lower() for mark in EditMark]
        codes = np.asarray(session.measures[MeasureKey.EDITED], np.int64)
        obs[str(MeasureKey.EDITED)] = pd.Categorical.from_codes(codes, pd.Index(names))
    known = session.nuclei.classes if session.nuclei is not None else None
    if known is not None:
        given = pd.Categorical.from_codes(known.codes.astype(np.int64), pd.Index(known.names))
        obs[str(GivenKey.CLASSIFICATION)] = given
    parts = {"obsm": dict(table.obsm), "layers": dict(table.layers), "uns": dict(table.uns)}
    return replace(cells, table=AnnData(table.X, obs=obs, var=table.var, **parts))


def colours_by_hand(session: Session) -> TypeLooks:
    """Colours that were given to types in the window; the palette's where none were."""
    return TypeLooks.from_json(session.view.get("legend"))


def _names_and_colours(
    session: Session,
) -> tuple[list[str | None] | None, dict[str, tuple[int, int, int]] | None]:
    """Of cell types; before typing, what others marked nuclei as."""
    cells = session.cells
    known = session.nuclei.classes if session.nuclei is not None else None
    if cells is None and known is not None:
        given = zip(known.names, known.colours, strict=True)
        return known.words(), {name: colour for name, colour in given if colour is not None}
    if cells is None:
        return None, None
    types = cells.types
    names = [types[code] if code >= 0 else None for code in cells.type_codes]
    palette = colours_by_hand(session).table(types)
    return names, {name: tuple(map(int, palette[name])) for name in types}  # type: ignore[misc]


def _record(session: Session) -> dict[str, object]:
    """What ``run.json`` says: versions, every step's record, what was found, what to cite."""
    sample, cells = session.sample, session.cells
    cite = dict.fromkeys(ref for record in session.records.values() for ref in record.references)
    found: dict[str, object] = {}
    if sample.spots is not None:
        found["spots"] = sample.spots.n
        found["genes"] = int(sample.spots.table.n_vars)
    if session.nuclei is not None:
        found["nuclei"] = session.nuclei.n
    if cells is not None:
        found["cells_per_type"] = cells.counts_per_type()
    return {
        "sample": sample.name,
        "versions": versions(),
        "found": found,
        "notes": list(sample.notes),
        "problems": [str(problem) for problem in sample.problems],
        "steps": {step: record.to_json() for step, record in session.records.items()},
        "cite": list(cite),
    }
