"""Whatever is wrong with a file of a folder, it is read or is one sentence, never a traceback."""

from __future__ import annotations

import gzip
import shutil
import zlib

import pytest
import test_io_beadtables as beads
import test_io_legacyst as legacy
import test_io_spaceranger as visium
import test_io_tenx as tenx
import test_io_xenium as xenium

from spotscope.io import describe, read_panel, read_reference, read_spots
from spotscope.model import ReadError, SpotscopeError

ODD = ("", "nan", "inf", "-1", "x", "1e309", '"', "9" * 40, "\x00", "1\t2,3")


def _legacy(folder):
    folder.mkdir()
    (folder / "A1.tsv.gz").write_bytes(gzip.compress(legacy.counts_text().encode()))
    (folder / "A1_spots.tsv").write_text(legacy.spots_text())


#: What writes a folder, and the file of it that holds the counts.
FOLDERS = {
    "Space Ranger, h5": (lambda f: visium.write_outs(f), "filtered_feature_bc_matrix.h5"),
    "Space Ranger, mtx": (
        lambda f: visium.write_outs(f, "1", matrix="mtx"),
        "filtered_feature_bc_matrix/matrix.mtx.gz",
    ),
    "Xenium": (lambda f: xenium.write_folder(f, form="csv"), "cell_feature_matrix.h5"),
    "beads": (lambda f: beads.write_puck(f, style="drop-seq"), beads.ZIPPED),
    "legacy ST": (_legacy, "A1.tsv.gz"),
    "mtx": (lambda f: tenx.write_mtx(f, zipped=True, old=False), "matrix.mtx.gz"),
}


def _harms(data: bytes):
    """What it may have become: cut, overwritten, or with odd words in its text."""
    yield b""
    yield data[: len(data) // 2]
    for begin in (0, 10, len(data) // 3, len(data) // 2, len(data) - 12):
        yield data[: max(begin, 0)] + b"\xfa" * 8 + data[max(begin, 0) + 8 :]
    zipped = data[:2] == b"\x1f\x8b"
    try:
        lines = (gzip.decompress(data) if zipped else data).decode().split("\n")
    except UnicodeDecodeError:
        return
    pack = gzip.compress if zipped else bytes
    for at in {0, min(1, len(lines) - 1), max(len(lines) - 2, 0)}:
        by = "\t" if "\t" in lines[at] else "," if "," in lines[at] else " "
        for word in ODD:
            for column in (0, -1):
                words = lines[at].split(by)
                words[column] = word
                yield pack("\n".join([*lines[:at], by.join(words), *lines[at + 1 :]]).encode())
        yield pack("\n".join(lines[:at] + lines[at + 1 :]).encode())
        yield pack("\n".join([*lines[:at], lines[at] + "\t1,1", *lines[at + 1 :]]).encode())
    yield pack(("\ufeff" + "\n".join(lines)).encode())


def _readers(folder, file):
    yield lambda: describe(folder)
    yield lambda: describe(file)
    if (folder / "barcodes.tsv.gz").exists() or file.name == "barcodes.tsv.gz":
        yield lambda: read_reference(folder, cell_type="type")
        yield lambda: read_panel(folder)
    else:
        yield lambda: read_spots(folder, mpp=0.5)
        yield lambda: read_spots(file, mpp=0.5)


@pytest.mark.parametrize("form", FOLDERS)
def test_a_harmed_file_is_read_or_is_one_sentence(tmp_path, form):
    write, _ = FOLDERS[form]
    write(tmp_path / "whole")
    files = [path for path in (tmp_path / "whole").rglob("*") if path.is_file()]
    assert files
    folder = tmp_path / "harmed"
    shutil.copytree(tmp_path / "whole", folder)
    said = []
    for path in files:
        file = folder / path.relative_to(tmp_path / "whole")
        for harmed in _harms(path.read_bytes()):
            file.write_bytes(harmed)
            for read in _readers(folder, file):
                try:
                    read()
                except SpotscopeError as refused:
                    said.append(str(refused))
        shutil.copy(path, file)
    assert len(said) > len(files)
    assert all(sentence.startswith("Expected") for sentence in said)


@pytest.mark.parametrize("form", FOLDERS)
def test_counts_that_break_off_are_refused(tmp_path, form):
    write, counts = FOLDERS[form]
    write(tmp_path / "whole")
    path = tmp_path / "whole" / counts
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    read = read_reference if form == "mtx" else read_spots
    with pytest.raises(ReadError, match="Expected"):
        read(tmp_path / "whole", **({"cell_type": "type"} if form == "mtx" else {"mpp": 0.5}))


def test_zlib_says_it_by_an_error_of_its_own():
    with pytest.raises(zlib.error) as caught:
        zlib.decompress(b"\x78\x9c" + b"\xfa" * 8)
    assert not isinstance(caught.value, (ValueError, OSError))
