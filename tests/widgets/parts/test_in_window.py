"""Flags of the command line are not named in the window; what they are to be is."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import spotscope
from spotscope.model import MethodError, Problem, run
from spotscope.pipeline import read_sample
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.parts._card import StepCard
from spotscope.widgets.parts._in_window import in_window
from spotscope.widgets.sample._sample_card import problems_of

ROOMS = ("model", "io", "methods", "pipeline")
#: Said by commands alone, of what no field of the window asks for.
OF_COMMANDS = (
    *("cli", "bench", "_copy_as.py", "_copy_analyses.py", "_earlier.py", "_train_"),
    *("_device.py", "_executor.py", "_given.py"),
)
#: What no window does: the sentence names the command that does.
NAMED = "'spotscope train reference REF --out FOLDER'"


@pytest.mark.parametrize(
    ("said", "here"),
    [
        ("give the right one (--mpp 0.689).", "give the right one (0.689 µm)."),
        ("give its size (about --mpp 0.98), or.", "give its size (about 0.98 µm), or."),
        ("check the pixel size (--mpp) and more.", "check the pixel size and more."),
        ("turn the spots too (--align auto).", "turn the spots too."),
        ("write it (x, y), or turn them (--align auto).", "write it (x, y), or turn them."),
        ("name the right one (--cell-type COLUMN).", "name the right one."),
        ("give one (--shift=DOWN,RIGHT in µm), or more.", "give one, or more."),
        ("a size (--mpp M; 1 if places are in µm).", "a size (1 if places are in µm)."),
        ("do it (spotscope run, or the Cell types step).", "do it (the Cell types step)."),
        ("nothing (of the kind) is said.", "nothing (of the kind) is said."),
    ],
)
def test_flags_go_and_what_they_are_to_be_stays(said, here):
    assert in_window(said) == here
    assert in_window(here) == here


def test_cards_errors_and_problems_say_it_so(qtbot, demo_files):
    said, here = "Expected it, found none; give it (--mpp 2).", "give it (2 µm)."
    assert sentence(MethodError(said)).endswith(here)
    card = StepCard("Sample", None)
    qtbot.addWidget(card)
    card.show_trouble(said)
    assert card.trouble.text().endswith(here)
    sample = replace(run(read_sample(demo_files["spots"])), problems=(Problem(said),))
    assert problems_of(sample).endswith(here)


def told_in(path: Path) -> list[str]:
    """The sentences of a file that name a flag; what is put in stands as 0.5."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "0.5" for p in node.values]
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return [text for text in found if " (--" in text or " --" in text]


def test_no_sentence_of_the_engine_brings_a_flag_into_the_window():
    """All but those of commands: each is put as the window would, and has none left."""
    root = Path(spotscope.__file__).parent
    files = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    left = {
        f"{path.name}: {here}"
        for path in files
        if not any(word in str(path.relative_to(root)) for word in OF_COMMANDS)
        for said in told_in(path)
        if said.endswith(".") and "--" in (here := in_window(said).replace(NAMED, ""))
    }
    assert left == set()
