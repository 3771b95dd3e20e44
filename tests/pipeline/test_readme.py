"""The README's Python and its commands, run as they stand there, on the demo's files."""

import re
import shlex
from pathlib import Path

import pytest

from spotscope.pipeline.cli import build_parser

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs(demo_files, tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    code = code.replace('"outs/"', repr(str(demo_files["spots"])))
    code = code.replace('"slide.tif"', repr(str(demo_files["image"])))
    code = code.replace('"atlas.h5ad"', repr(str(demo_files["reference"])))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names: dict[str, object] = {}
    exec(code, names)
    assert (tmp_path / "OUT" / "session.zarr").is_dir()


def test_every_command_of_the_readme_can_be_parsed():
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if line.startswith("spotscope ")]
    assert len(commands) >= 3
    for line in commands:
        try:
            build_parser().parse_args(shlex.split(line, comments=True)[1:])
        except SystemExit:
            pytest.fail(f"not a command: {line}")


def test_every_file_the_readme_points_to_is_there():
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    missing = [t for t in targets if not (Path(__file__).parents[2] / t).exists()]
    assert not missing
