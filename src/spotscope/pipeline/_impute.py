"""Imputation: the genes a panel lacks, told from a reference."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.imputation import FLOORS
from spotscope.model import (
    GeneSpace,
    MethodError,
    ParamsError,
    Progress,
    ReadError,
    RunRecord,
    update,
    versions,
)
from spotscope.pipeline._expression_fit import learn_reference
from spotscope.pipeline._fingerprint import of_reference, of_text
from spotscope.pipeline._panel_types import panel_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import scipy.sparse as sp
    from anndata import AnnData

    from spotscope.methods.expression import CellExpression
    from spotscope.model import Reference, Task

    Floats = npt.NDArray[np.float32]

__all__ = ["IMPUTERS", "choose_genes", "impute_step"]

IMPUTERS = ("gaussian", "score", *FLOORS)
STEP = "impute"
#: Cells of the reference whose genes are hidden and told, to say how well that goes.
_TESTED = 1000


def choose_genes(text: str | None, reference: Reference) -> tuple[tuple[str, ...], str]:
    """Genes asked for, and a note of those that the reference lacks.

    Parameters
    ----------
    text
        Names separated by commas, or a file with one a line; None asks for all.
    reference
        Has the genes.

    Raises
    ------
    ParamsError
        If the reference has none of them.
    """
    names = tuple(dict.fromkeys(map(str, reference.table.var_names)))
    if text is None:
        return names, ""
    try:
        words = Path(text).read_text("utf-8").split() if Path(text).is_file() else text.split(",")
    except OSError:  # a list too long to be the name of a file
        words = text.split(",")
    asked = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    known = set(names)
    found = tuple(name for name in asked if name in known)
    unknown = [name for name in asked if name not in known]
    if not found:
        raise ParamsError(
            f"Expected genes of {reference.name} (such as {', '.join(names[:3])}), found none of "
            f"the {len(asked)} asked for ({', '.join(unknown[:3])}…); name them as the reference "
            "does."
        )
    note = ""
    if unknown:
        shown = ", ".join(unknown[:5]) + ("…" if len(unknown) > 5 else "")
        note = f"{len(unknown)} of {len(asked)} genes are not in {reference.name}: {shown}"
    return found, note


def impute_step(
    panel: AnnData,
    reference: Reference,
    *,
    method: str = "gaussian",
    genes: Sequence[str] | None = None,
    params: ExpressionParams | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Task[AnnData]:
    """Tell genes that a panel lacks.

    Parameters
    ----------
    panel
        AnnData (cell, gene) with raw counts. ``obs["cell_type"]``, where it names types of the
        reference, is taken as it is; else cells are typed from their own counts.
    reference
        Cells whose types are known, with the genes.
    method
        One of :data:`IMPUTERS`.
    genes
        Names of the genes to tell, as in the reference; all by default.
    params
        Of the expression, but for the method.
    seed
        Of every random number.
    device
        ``cpu``, ``cuda`` or ``mps``.

    Returns
    -------
    AnnData (cell, gene): layers ``imputed`` (expected counts at the cell's depth) and, of methods
    that give one, ``imputed_sd``; ``obs["cell_type"]``; ``var["measured"]``, and
    ``var["r_in_reference"]``: the correlation over reference cells when the panel's genes are all
    that is told of them. The fit has seen those cells, so it is the best to be hoped for.

    Raises
    ------
    MethodError, ParamsError
        If no gene is shared, a gene is unknown, or there is no such method.
    """
    if method not in IMPUTERS:
        raise ParamsError(
            f"Expected a method of {', '.join(IMPUTERS)}, found {method!r}; choose one (--method)."
        )
    names = tuple(map(str, genes)) if genes is not None else choose_genes(None, reference)[0]
    started = time.perf_counter()
    space = GeneSpace.shared(panel, reference.table, ("panel", "reference"))
    counts = (panel.X @ space.left).tocsr()
    known = reference.table.X @ space.right
    codes = yield from _codes(panel, reference, counts, space.genes)
    teller = _Teller(reference, space, counts, known.tocsr(), codes, names, method)
    if method in FLOORS:
        mean, sd, expected = teller.by_floor()
        yield Progress(f"imputing by {method}", 1, 1)
    else:
        chosen = update(params or ExpressionParams(), method=method)
        mean, sd, expected = yield from teller.by_tier(chosen, seed, device)
    record = RunRecord(
        step=STEP,
        params={"method": method, "genes": len(names)},
        seed=seed,
        inputs={"reference": of_reference(reference), "genes": of_text(str(names))},
        versions=versions(),
        seconds=round(time.perf_counter() - started, 3),
        notes=(space.summary(),),
        references=expression.info.references,
    )
    types = [reference.types[code] if code >= 0 else "" for code in codes]
    measured = np.isin(names, np.array(reference.table.var_names)[np.diff(space.right.indptr) > 0])
    return _table(panel, names, types, mean, sd, measured, expected, record)


class _Teller:
    """What every way of imputing is given."""

    def __init__(
        self,
        reference: Reference,
        space: GeneSpace,
        counts: sp.csr_matrix,
        known: sp.csr_matrix,
        codes: npt.NDArray[np.int64],
        names: tuple[str, ...],
        method: str,
    ) -> None:
        self.reference, self.space, self.method = reference, space, method
        self.counts, self.known, self.codes, self.names = counts, known, codes, names
        every = reference.table.var_names.astype(str)
        self.wanted = reference.table.X[:, every.get_indexer(list(names))].tocsr()
        totals = np.asarray(known.sum(axis=1)).ravel()
        some = np.random.default_rng(0).permutation(np.flatnonzero(totals > 0))
        self.tested = np.sort(some[:_TESTED])

    def by_floor(self) -> tuple[Floats, Floats | None, Floats]:
        """By a simple method; tested on cells that it is not shown."""
        impute = FLOORS[self.method]
        learned = self.reference.codes.astype(np.int64)
        mean = impute(self.counts, self.codes, self.known, learned, self.wanted)
        rest = np.setdiff1d(np.arange(len(learned)), self.tested)
        said = impute(
            self.known[self.tested],
            learned[self.tested],
            self.known[rest],
            learned[rest],
            self.wanted[rest],
        )
        return mean.astype(np.float32), None, self._correlation(said)

    def by_tier(
        self, params: ExpressionParams, seed: int, device: str
    ) -> Task[tuple[Floats, Floats | None, Floats]]:
        """By a tier of the expression."""
        fitted = yield from learn_reference(self.reference, params, seed=seed, device=device)
        place = np.array([*map(list(fitted.type_names).index, self.reference.types), -1])

        def told(counts: sp.csr_matrix, codes: npt.NDArray[np.int64]) -> Task[CellExpression]:
            return expression.impute(
                fitted, counts, self.space.genes, place[codes], params, genes=self.names,
                rng=seed, device=device,
            )  # fmt: skip

        found = yield from told(self.counts, self.codes)
        inside = self.known[self.tested]
        again = yield from told(inside, self.reference.codes[self.tested].astype(np.int64))
        order = [found.gene_names.index(name) for name in self.names]
        mean, sd = found.mean[:, order], found.sd[:, order]
        return mean, sd, self._correlation(again.mean[:, order])

    def _correlation(self, said: npt.NDArray[Any]) -> Floats:
        """(gene,) Pearson correlation over the tested cells; 0 where one side is constant."""
        truth = self.wanted[self.tested].toarray().astype(float)
        a, b = said - said.mean(axis=0), truth - truth.mean(axis=0)
        size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
        inner = (a * b).sum(axis=0)
        return np.divide(inner, size, out=np.zeros_like(size), where=size > 0).astype(np.float32)


def _codes(
    panel: AnnData, reference: Reference, counts: sp.csr_matrix, genes: tuple[str, ...]
) -> Task[npt.NDArray[np.int64]]:
    import pandas as pd

    if "cell_type" in panel.obs:
        codes = pd.Index(reference.types).get_indexer(panel.obs["cell_type"].astype(str))
        if (codes >= 0).mean() > 0.5:
            return codes.astype(np.int64)
    if counts.sum() == 0:
        raise MethodError(
            f"Expected counts on the {len(genes)} genes the panel shares with {reference.name}, "
            "found none; check that both are of the same tissue and species."
        )
    return (yield from panel_types(counts, genes, reference))


def _table(
    panel: AnnData,
    names: tuple[str, ...],
    types: Sequence[str],
    mean: Floats,
    sd: Floats | None,
    measured: npt.NDArray[np.bool_],
    expected: Floats,
    record: RunRecord,
) -> AnnData:
    import pandas as pd
    from anndata import AnnData

    obs = panel.obs.copy()
    obs["cell_type"] = pd.Categorical([name or None for name in types])
    var = pd.DataFrame(
        {"measured": measured, "r_in_reference": expected}, index=pd.Index(names, name="gene")
    )
    obsm = {"spatial": np.asarray(panel.obsm["spatial"])} if "spatial" in panel.obsm else {}
    made = AnnData(None, obs=obs, var=var, obsm=obsm)
    made.layers["imputed"] = mean
    if sd is not None:
        made.layers["imputed_sd"] = sd
    made.uns["imputation_record"] = json.dumps(record.to_json())
    if not np.isfinite(mean).all():
        raise ReadError(
            "Expected finite expected counts, found some that are not; leave cells without counts "
            "out of the panel."
        )
    return made
