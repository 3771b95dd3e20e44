"""What is written behind flags is checked before anything is read."""

import pytest

from spotscope.pipeline.cli import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["info", "x", "--seed=-1"], "expected a whole number of 0 or more, found '-1'"),
        (["info", "x", "--seed=1.5"], "expected a whole number of 0 or more, found '1.5'"),
        (["info", "x", "--workers=0"], "expected one thread or more, found '0'"),
        (["info", "https://a.org/b.h5ad"], "found the address 'https://a.org/b.h5ad'; download it"),
        (["info", "s3://bucket/b.zarr"], "of this machine, found the address"),
    ],
)
def test_what_cannot_be_meant_is_said(words, said, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_path_with_a_colon_is_a_path(tmp_path, capsys):
    (tmp_path / "a:b").write_text("")
    assert main(["info", str(tmp_path / "a:b")]) == 2
    assert "found 'a:b' empty" in capsys.readouterr().err
