"""Figures of a run whose cells are known by their number alone."""

from spotscope.pipeline.cli import main


def test_cells_that_lie_nowhere_ask_for_a_run_that_draws_them(demo_files, tmp_path, capsys):
    words = ["type", str(demo_files["spots"]), "--reference", str(demo_files["reference"])]
    out = tmp_path / "out"
    assert main([*words, "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["figure", str(out), "-o", str(tmp_path / "types.png")]) == 2
    said = capsys.readouterr().err
    assert "found cells that are known by their number alone" in said
    assert "spotscope run" in said
    gene = ["--gene", "ERBB2", "-o", str(tmp_path / "gene.png")]
    assert main(["figure", str(out), *gene]) == 0
