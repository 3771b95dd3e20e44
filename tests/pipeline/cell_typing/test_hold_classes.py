"""Classes of others that hold nuclei to types: who is held, who is not, and what is said of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import spotscope
from spotscope import pipeline
from spotscope.model import MethodError, NucleusClasses, run
from spotscope.pipeline.cli import main


@pytest.fixture(scope="module")
def marked(typed):
    """The demo's nuclei, in turn: a type in capitals, another with blanks, no type, no class."""
    first, second = typed.session.cells.types[:2]
    words = [first.upper(), f" {second} ", "Stroma: other", None] * typed.session.nuclei.n
    classes = NucleusClasses.of(words[: typed.session.nuclei.n])
    return replace(typed.session, nuclei=replace(typed.session.nuclei, classes=classes))


def types_now(session):
    return session.cells.table.obs["cell_type"].astype(str).to_numpy()


def test_classes_called_like_types_hold_and_others_are_named(typed, marked):
    first, second = typed.session.cells.types[:2]
    named = pipeline.classes_as_types(marked)
    n = marked.nuclei.n
    assert dict(named.held) == {first: len(range(0, n, 4)), second: len(range(1, n, 4))}
    assert dict(named.unknown) == {"Stroma: other": len(range(2, n, 4))}
    assert set(named.types) == set(marked.nuclei.label_id[np.arange(n) % 4 < 2].tolist())
    assert f"{first} {len(range(0, n, 4)):,}" in named.said
    assert f"no type is called Stroma: other {len(range(2, n, 4)):,}" in named.said


def test_the_verb_holds_them_and_notes_it_and_keeps_what_was_held(typed, marked):
    first, second, third = typed.session.cells.types[:3]
    label = int(marked.nuclei.label_id[0])
    by_hand = spotscope.hold_types(marked, {"types": {str(label): third}}, typed.fitted)
    done = spotscope.hold_classes(by_hand, typed.fitted)
    at = np.arange(marked.nuclei.n) % 4
    assert types_now(done)[0] == third
    assert (types_now(done)[at == 0][1:] == first).all()
    assert (types_now(done)[at == 1] == second).all()
    assert (types_now(typed.session)[at == 1] != second).any()
    note = done.records["type"].notes[-1]
    assert "1 held before stay as they were" in note
    assert note == pipeline.classes_as_types(by_hand).said
    # asked again nobody is new, and nothing changes
    assert pipeline.classes_as_types(done).types == {}
    assert pipeline.held_of(spotscope.hold_classes(done, typed.fitted)) == pipeline.held_of(done)


def test_types_that_differ_by_case_alone_are_named_by_their_spelling(marked):
    cells = marked.cells
    first = cells.types[0]
    codes = cells.table.obs["cell_type"].cat.rename_categories({cells.types[1]: first.upper()})
    table = cells.table.copy()
    table.obs["cell_type"] = codes
    named = pipeline.classes_as_types(replace(marked, cells=replace(cells, table=table)))
    assert set(named.held) == {first.upper()}
    words = NucleusClasses.of([first.title().swapcase()] * marked.nuclei.n)
    other = replace(marked, nuclei=replace(marked.nuclei, classes=words))
    with pytest.raises(MethodError, match="called like types"):
        pipeline.classes_as_types(replace(other, cells=replace(cells, table=table)))


def test_what_cannot_be_held_says_why(typed, marked):
    with pytest.raises(MethodError, match="found none; take nuclei from GeoJSON"):
        pipeline.classes_as_types(typed.session)
    with pytest.raises(MethodError, match="Expected typed nuclei"):
        pipeline.classes_as_types(replace(marked, cells=None))
    strange = NucleusClasses.of(["Necrosis", "Fold"] * marked.nuclei.n).take(np.arange(4))
    some = replace(marked, nuclei=replace(marked.nuclei.take(np.arange(4)), classes=strange))
    with pytest.raises(MethodError, match="found Necrosis, Fold; rename them in QuPath"):
        pipeline.classes_as_types(some)


def test_the_command_line_does_the_same(typed, marked, steps_cache, tmp_path, capsys):
    out = tmp_path / "out"
    run(pipeline.save_session(marked, out))
    shutil.copytree(steps_cache, out / "steps", dirs_exist_ok=True)
    assert main(["hold", str(out), "--classes", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in lines if "no_type" in line]
    named = pipeline.classes_as_types(marked)
    assert told["text"] == named.said
    assert told["named"] == dict(named.held)
    session = run(pipeline.open_session(out))
    assert pipeline.held_of(session).types == dict(named.types)
    verb = spotscope.hold_classes(marked, typed.fitted)
    np.testing.assert_array_equal(types_now(session), types_now(verb))
    assert main(["hold", str(out), "--classes", "--let-go"]) == 2
