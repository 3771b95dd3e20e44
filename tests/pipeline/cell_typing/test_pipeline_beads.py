"""Doublet mode from a file of beads to a result folder."""

from __future__ import annotations

from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import (
    CellKey,
    Lattice,
    MethodError,
    OutFile,
    Reference,
    Sample,
    Session,
    SpotKey,
    Spots,
    run,
)
from spotscope.pipeline import StepCache, retype, typing_step
from spotscope.pipeline.cli import main

GENES = [f"{kind}{i}" for kind in "ABC" for i in range(12)]
#: Cell of each type: 10 of its own twelve genes, 1 of the others.
CELLS = np.kron(np.eye(3, dtype=int) * 9 + 1, np.ones(12, int))


def tables(*more):
    """Nine beads: three of A, three of B, three that hold an A and a C; a reference of 15 cells."""
    rng = np.random.default_rng(0)
    truth = [(0,), (0,), (0,), (1,), (1,), (1,), (0, 2), (0, 2), (0, 2), *more]
    counts = np.stack([sum(rng.poisson(3 * CELLS[k]) for k in some) for some in truth])
    beads = ad.AnnData(
        sp.csr_matrix(counts.astype(np.int32)),
        obs=pd.DataFrame(index=[f"bead{i}" for i in range(len(truth))]),
        var=pd.DataFrame(index=GENES),
    )
    cells = rng.poisson(np.repeat(CELLS, 5, axis=0) * 20)
    reference = ad.AnnData(
        sp.csr_matrix(cells.astype(np.int32)),
        obs=pd.DataFrame(
            {"cell_type": np.repeat(list("ABC"), 5)}, index=[f"c{i}" for i in range(15)]
        ),
        var=pd.DataFrame(index=GENES),
    )
    return beads, reference, rng.uniform(0, 100, (len(truth), 2))


def session_of(*more):
    beads, _, yx = tables(*more)
    return Session(Sample("beads", spots=Spots(beads, yx, Lattice("free", 10.0, 10.0))))


@pytest.fixture
def session():
    return session_of()


@pytest.fixture
def reference():
    return Reference.from_table(tables()[1])


PARAMS = CellTypingParams(mode="doublet", bead_doubt=2, bead_gain=5, umi_min=0, looks="off")


def test_beads_hold_one_cell_or_two_and_say_which(session, reference, tmp_path):
    cache = StepCache(tmp_path)
    typed = run(typing_step(session, reference, PARAMS, cache=cache))
    obs = typed.session.sample.spots.table.obs
    assert obs[SpotKey.N_CELLS].tolist() == [1] * 6 + [2] * 3
    assert obs[SpotKey.BEAD_KIND].tolist()[:6] == ["singlet"] * 6
    assert obs[SpotKey.BEAD_FIRST].tolist()[:6] == list("AAABBB")
    assert obs[SpotKey.BEAD_SECOND].isna().tolist() == [True] * 6 + [False] * 3
    both = obs[[SpotKey.BEAD_FIRST, SpotKey.BEAD_SECOND]].to_numpy()[6:]
    assert [set(row) for row in both] == [{"A", "C"}] * 3
    cells = typed.session.cells
    assert sorted(cells.table.obs[CellKey.CELL_TYPE]) == sorted("AAABBB" + "AC" * 3)
    assert np.array_equal(cells.yx_um[6], cells.yx_um[7])
    assert any("6 of one type" in note for note in typed.session.records["type"].notes)


def test_beads_are_judged_once(session, reference, tmp_path, monkeypatch):
    from spotscope.methods import cell_typing

    first = run(typing_step(session, reference, PARAMS, cache=StepCache(tmp_path)))
    monkeypatch.delattr(cell_typing, "find_beads")
    again = run(typing_step(session, reference, PARAMS, cache=StepCache(tmp_path)))
    assert again.typing.codes.tolist() == first.typing.codes.tolist()


def test_rejected_beads_stay_marked_at_another_smoothness(reference, tmp_path):
    session = session_of((0, 1, 2))  # of three types: no two are better than others
    doubtful = PARAMS.model_copy(update={"bead_doubt": 1000.0})
    typed = run(typing_step(session, reference, doubtful, cache=StepCache(tmp_path)))
    spots = typed.session.sample.spots
    assert spots.flagged(SpotKey.REJECTED)[-1]
    marked = spots.flagged(SpotKey.REJECTED).tolist()
    assert (spots.table.obs[SpotKey.BEAD_KIND] == "reject").tolist() == marked
    assert typed.session.cells.n == 10 + spots.table.obs[SpotKey.BEAD_SECOND].notna().sum()
    retype(typed.session, typed.fitted, 3.0)
    assert spots.flagged(SpotKey.REJECTED).tolist() == marked


def test_typing_without_doublet_mode_takes_its_columns_out(session, reference, tmp_path):
    run(typing_step(session, reference, PARAMS, cache=StepCache(tmp_path)))
    plain = CellTypingParams(umi_min=0, looks="off")
    ones = np.ones(9, np.int64)
    run(typing_step(session, reference, plain, cache=StepCache(tmp_path), n_cells=ones))
    assert not [c for c in session.sample.spots.table.obs if c.startswith("bead")]


def test_cells_that_are_there_already_are_not_taken_for_beads(
    session, reference, two_nuclei_outlines, tmp_path
):
    with_nuclei = replace(session, nuclei=two_nuclei_outlines)
    with pytest.raises(MethodError, match="found 2 cells in them already"):
        run(typing_step(with_nuclei, reference, PARAMS, cache=StepCache(tmp_path)))


def test_the_command_types_a_file_of_beads(tmp_path, capsys):
    beads, reference, yx = tables()
    beads.obsm["spatial"] = yx[:, ::-1]
    beads.uns["spatial_units"] = "micrometre"
    beads.write_h5ad(tmp_path / "beads.h5ad")
    reference.write_h5ad(tmp_path / "reference.h5ad")
    words = ["type", tmp_path / "beads.h5ad", "--reference", tmp_path / "reference.h5ad"]
    words += ["--mode", "doublet", "--bead-doubt", "2", "--bead-gain", "5"]
    words += ["--out", tmp_path / "OUT"]
    assert main(list(map(str, words))) == 0
    assert "Beads: 6 of one type" in capsys.readouterr().err
    written = ad.read_h5ad(tmp_path / "OUT" / OutFile.SPOTS)
    assert written.obs[SpotKey.BEAD_KIND].tolist()[:6] == ["singlet"] * 6
    assert main([*map(str, words), "--n-cells", "n"]) == 2
    assert "leave out --n-cells" in capsys.readouterr().err
