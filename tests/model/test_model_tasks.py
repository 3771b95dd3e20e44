import hashlib
from typing import Literal

import numpy as np
import pytest
from pydantic import create_model, field_validator

from spotscope.model import (
    Params,
    ParamsError,
    Progress,
    RunRecord,
    as_rng,
    fingerprint_file,
    is_file_of,
    is_live,
    param,
    run,
    spawn,
    update,
    versions,
)


class Toy(Params):
    sharpness: float = param(0.5, title="Sharpness", description="More.", ge=0, le=1)
    shown: int = param(3, title="Shown", description="How many.", live=True, ge=1)


def counting(n, log):
    try:
        for i in range(n):
            yield Progress("counting", i, n)
        return n
    finally:
        log.append("closed")


def test_run_returns_what_the_task_returns_and_reports_on_the_way():
    log, seen = [], []
    assert run(counting(3, log), lambda p: seen.append((p.done, p.total))) == 3
    assert seen == [(0, 3), (1, 3), (2, 3)]


def test_a_task_is_closed_when_a_report_raises():
    log = []

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(counting(3, log), stop)
    assert log == ["closed"]


def test_fraction_of_nothing_is_whole():
    assert Progress("x", 0, 0).fraction == 1.0
    assert Progress("x", 1, 4).fraction == 0.25


def test_update_validates_and_leaves_the_old_alone():
    old = Toy()
    assert update(old, sharpness="0.25").sharpness == 0.25
    assert old.sharpness == 0.5


def test_a_parameter_that_is_not_there_is_named_with_those_there_are():
    said = "Expected one of the parameters sharpness, shown, found 'sharpnes'; check the name."
    with pytest.raises(ParamsError, match=f"^{said}$"):
        update(Toy(), sharpnes=0.1)


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        (float | str, None, "Expected a number or text for it, found None; "),
        ((int, param(1, title="", description="", ge=0)), "-1", "a whole number of 0 or more"),
        ((int, param(1, title="", description="", le=9)), 10, "a whole number of at most 9"),
        ((float, param(1.0, title="", description="", ge=0, le=1)), "x", "a number from 0 to 1"),
        ((float, param(1.0, title="", description="", gt=0, lt=1)), 1, "above 0 below 1 for it"),
        (Literal["auto", "off"], "on", "Expected 'auto' or 'off' for it, found 'on'; "),
        (Literal["a", "b", "c"], "d", "Expected 'a', 'b' or 'c' for it, found 'd'; "),
        (bool, "perhaps", "Expected true or false for it, found 'perhaps'; "),
        (tuple[int, ...], 3, "Expected a list for it, found 3; "),
    ],
)
def test_what_a_parameter_may_be_is_said_in_words(declared, value, said):
    kind = declared if isinstance(declared, tuple) else (declared, None)
    made = create_model("Made", __base__=Params, it=kind)
    with pytest.raises(ParamsError) as caught:
        update(made.model_construct(it=None), it=value)
    assert said in str(caught.value)


def test_a_validator_speaks_for_itself():
    class Even(Params):
        number: int = 2

        @field_validator("number")
        @classmethod
        def _even(cls, value: int) -> int:
            if value % 2:
                raise ValueError("an even number is expected")
            return value

    with pytest.raises(ParamsError, match="^number: an even number is expected, found 3; give"):
        update(Even(), number=3)


def test_live_parameters_say_so():
    assert is_live(Toy, "shown")
    assert not is_live(Toy, "sharpness")


def test_the_same_seed_gives_the_same_numbers_and_generators_pass_through():
    assert as_rng(7).random() == as_rng(7).random()
    rng = np.random.default_rng(1)
    assert as_rng(rng) is rng
    first, second = spawn(7, 2)
    assert first.random() != second.random()
    assert spawn(7, 2)[1].random() == pytest.approx(spawn(7, 2)[1].random())


def test_a_record_survives_json():
    record = RunRecord("type", {"nu": 2.0}, 0, {"spots": "ab"}, versions(), 1.5, ("n",), ("cite",))
    assert RunRecord.from_json(record.to_json()) == record
    assert "numpy" in record.versions


def test_a_fingerprint_follows_the_content_not_the_place(tmp_path):
    first, second = tmp_path / "a.bin", tmp_path / "sub" / "b.bin"
    second.parent.mkdir()
    first.write_bytes(b"x" * 100)
    second.write_bytes(b"x" * 100)
    assert fingerprint_file(first) == fingerprint_file(second)
    second.write_bytes(b"x" * 99 + b"y")
    assert fingerprint_file(first) != fingerprint_file(second)


@pytest.mark.parametrize("at", [0, 7 << 20, (15 << 20) - 1])
def test_a_fingerprint_of_a_file_of_some_mib_sees_every_byte(tmp_path, at):
    path, content = tmp_path / "labels.tif", bytearray(15 << 20)
    path.write_bytes(content)
    before = fingerprint_file(path)
    content[at] = 1
    path.write_bytes(content)
    assert fingerprint_file(path) != before


@pytest.mark.parametrize("at", [0, 30 << 20, (60 << 20) - 1])
def test_a_fingerprint_of_a_large_file_sees_both_ends_and_between(tmp_path, at):
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(60 << 20)
    before = fingerprint_file(path)
    with path.open("r+b") as file:  # a tile of a slide
        file.seek(max(0, at - (1 << 20)))
        file.write(b"b" * (1 << 20))
        file.truncate(60 << 20)
    assert fingerprint_file(path) != before


def test_a_fingerprint_of_a_folder_follows_the_files_in_it(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "0").mkdir(parents=True)
        (tmp_path / name / "0" / "chunk").write_bytes(b"x" * 10)
    before = fingerprint_file(tmp_path / "a")
    assert fingerprint_file(tmp_path / "b") == before
    (tmp_path / "b" / "0" / "chunk").rename(tmp_path / "b" / "0" / "other")
    assert fingerprint_file(tmp_path / "b") != before


def test_a_file_is_known_by_the_fingerprint_of_an_earlier_version(tmp_path):
    """Taken of ``slide.bin`` by the code of then: its name, its size, its bytes."""
    path = tmp_path / "slide.bin"
    path.write_bytes(b"x" * 100)
    taken = hashlib.blake2b(b"slide.bin:100" + b"x" * 100, digest_size=16).hexdigest()
    assert is_file_of(path, taken)
    assert is_file_of(path, fingerprint_file(path))
    path.write_bytes(b"x" * 99 + b"y")
    assert not is_file_of(path, taken)
    assert not is_file_of(path, fingerprint_file(tmp_path))
