"""A smaller or larger copy of the slide lies under its spots once its pixel size is told."""

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from PIL import Image

from spotscope.model import run
from spotscope.pipeline import read_sample

#: Spots 50 px apart on a hexagonal lattice: Visium's 100 µm make a pixel 2 µm.
MPP, PITCH_PX = 2.0, 50.0
GLASS, STAIN = (242, 238, 243), (180, 90, 160)


def spots_xy() -> np.ndarray:
    """8 rows of 20 spots, on tissue from x 500 to 1,500 and y 300 to 650 px."""
    row, column = np.divmod(np.arange(160), 20)
    x = 510 + PITCH_PX * (column + 0.5 * (row % 2))
    return np.stack([x, 320 + PITCH_PX * np.sqrt(3) / 2 * row], axis=1)


@pytest.fixture(scope="module", params=[0.25, 4.0])
def given(request, tmp_path_factory) -> tuple[Path, Path, float]:
    """Spots, an image of another size than theirs with no word of its pixels, and the factor."""
    return write_copy(tmp_path_factory.mktemp("copy"), request.param)


def write_copy(folder: Path, factor: float) -> tuple[Path, Path, float]:
    table = ad.AnnData(
        sp.csr_matrix(np.full((160, 2), 100.0, np.float32)),
        obs=pd.DataFrame(index=[f"s{i}" for i in range(160)]),
        var=pd.DataFrame(index=["G1", "G2"]),
    )
    table.obsm["spatial"] = spots_xy()
    table.write_h5ad(folder / "spots.h5ad")
    image = Image.new("RGB", (1600, 1200), GLASS)
    image.paste(STAIN, (500, 300, 1500, 650))
    image = image.resize((round(1600 * factor), round(1200 * factor)), Image.Resampling.NEAREST)
    image.save(folder / "copy.png")
    return folder / "spots.h5ad", folder / "copy.png", factor


def test_without_its_pixel_size_the_factor_is_said_and_the_way_out(given):
    spots, image, factor = given
    (problem,) = run(read_sample(spots, image=image)).problems
    what = "small" if factor < 1 else "large"
    assert f"the image is 4× too {what} for their coordinates" in str(problem)
    told = float(str(problem).split("(--mpp ")[1].split(")")[0])
    assert told == pytest.approx(MPP / factor, rel=0.03)


def test_with_it_spots_lie_where_they_were_made(given):
    spots, image, factor = given
    sample = run(read_sample(spots, image=image, mpp=MPP / factor))
    assert sample.problems == ()
    what = "smaller" if factor < 1 else "larger"
    assert sample.notes[-1].endswith(f"the image is 4× {what} than theirs.")
    assert sample.slide.mpp == MPP / factor
    np.testing.assert_allclose(sample.spots.yx_um, MPP * spots_xy()[:, ::-1], rtol=0.001)
    assert sample.spots.lattice.diameter_um == 55.0


@pytest.mark.parametrize("factor", [0.7, 1.5])
def test_a_copy_that_is_little_smaller_or_larger_tells_the_pixel_size_that_fits(tmp_path, factor):
    spots, image, _ = write_copy(tmp_path, factor)
    (problem,) = run(read_sample(spots, image=image)).problems
    assert problem.mpp == pytest.approx(MPP / factor, rel=0.03)
    assert f"give the image's pixel size (about --mpp {problem.mpp:g}), or check" in str(problem)
    sample = run(read_sample(spots, image=image, mpp=problem.mpp))
    assert sample.problems == ()
    assert sample.slide.mpp == problem.mpp
    assert sample.spots.lattice.pitch_um == pytest.approx(100.0)  # they are as they were made
