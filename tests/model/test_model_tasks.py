import hashlib

import numpy as np
import pytest

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


@pytest.mark.parametrize("changes", [{"sharpness": 2}, {"sharpnes": 0.1}, {"shown": 0}])
def test_a_wrong_parameter_is_named_with_those_there_are(changes):
    (name,) = changes
    with pytest.raises(ParamsError, match=rf"^{name}: .* the parameters are sharpness, shown"):
        update(Toy(), **changes)


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
