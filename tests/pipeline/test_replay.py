"""Settings go to another slide; what is of the first slide stays there."""

import pytest

import spotscope
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import MethodError, Session
from spotscope.pipeline import Replay, replay_of
from spotscope.pipeline.cli import main
from spotscope.pipeline.cli._main import build_parser


@pytest.fixture(scope="module")
def first(demo_files, tmp_path_factory):
    """A run with settings of its own, on half of the demo."""
    out = tmp_path_factory.mktemp("first") / "OUT"
    region = '[{"name":"left","polygon_yx_um":[[0,0],[0,300],[600,300],[600,0]]}]'
    words = ["run", demo_files["spots"], "--image", demo_files["image"], "--region", region]
    words += ["--reference", demo_files["reference"], "--out", out, "--nu", "2.5", "--seed", "4"]
    words += ["--sensitivity", "0.65", "--shift=4,4", "--looks", "off", "--model", "watershed"]
    assert main([str(word) for word in words]) == 0
    return out


def again(first, demo_files, out, *more):
    words = ["run", demo_files["spots"], "--image", demo_files["image"], "--like", first]
    words += ["--reference", demo_files["reference"], "--out", out, *more]
    return main([str(word) for word in words])


def test_another_slide_is_run_alike(first, demo_files, tmp_path, capsys):
    assert again(first, demo_files, tmp_path / "OUT") == 0
    said = capsys.readouterr().err
    session = spotscope.load(tmp_path / "OUT")
    nuclei, types = (session.records[step] for step in ("segment", "type"))
    assert nuclei.params["sensitivity"] == 0.65
    assert types.params["nu_used"] == 2.5
    assert types.params["looks"] == "off"
    assert types.seed == 4
    assert "sensitivity 0.65" in said
    assert "where its spots were moved to, its regions" in said
    assert session.sample.alignment is None
    assert "regions" not in nuclei.figures
    assert session.nuclei.n > spotscope.load(first).nuclei.n


def test_what_is_given_wins(first, demo_files, tmp_path):
    assert again(first, demo_files, tmp_path, "--steps", "segment", "--sensitivity", "0.5") == 0
    session = spotscope.load(tmp_path)
    assert session.records["segment"].params["sensitivity"] == 0.5
    assert session.cells is None


def test_zero_can_be_meant():
    parser = build_parser()
    assert "seed" in parser.parse_args(["run", "S", "--out", "O", "--seed", "0"]).stated
    assert "seed" not in parser.parse_args(["run", "S", "--out", "O"]).stated


def test_an_automatic_smoothness_stays_automatic(typed):
    record = typed.session.records["type"]
    assert isinstance(replay_of(typed.session), Replay)
    assert replay_of(typed.session).typing.nu == 2.0
    from dataclasses import replace

    params = {**record.params, "nu": "auto", "nu_used": 3.0}
    figures = {**record.figures, "worth": {"nu": 3.0}}
    auto = replace(record, params=params, figures=figures)
    session = replace(typed.session, records={**typed.session.records, "type": auto})
    assert replay_of(session).typing.nu == "auto"
    dragged = replace(auto, params={**params, "nu_used": 5.5})
    session = replace(session, records={**session.records, "type": dragged})
    assert replay_of(session).typing.nu == 5.5
    assert replay_of(session).typing == CellTypingParams(nu=5.5)


def test_nothing_done_is_nothing_to_repeat(typed):
    with pytest.raises(MethodError, match="as it was opened"):
        replay_of(Session(typed.session.sample))


def test_the_log_says_what_when_and_how_long(first, capsys):
    assert main(["log", str(first)]) == 0
    out = capsys.readouterr().out
    assert "Alignment: given" in out
    assert "sensitivity 0.65" in out
    assert "ν = 2.5" in out
    titles = [line.split("s  ")[1].split(":")[0] for line in out.splitlines() if " s  " in line]
    assert titles == ["Alignment", "Nuclei", "Cell types"]
    assert main(["log", str(first), "--as", "command", "--step", "segment"]) == 0
    assert "--shift" not in (text := capsys.readouterr().out)
    assert text.startswith("spotscope run ")
    assert '"name":"left"' in text
    assert main(["log", str(first), "--as", "python"]) == 0
    assert "spotscope.segment(session, regions=[{'name': 'left'" in capsys.readouterr().out
