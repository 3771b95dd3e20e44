import dask
import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import run


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # distributed's own, on shutting a cluster down
def test_a_cluster_finds_the_same_nuclei(two_nuclei_slide):
    distributed = pytest.importorskip("distributed")
    from spotscope.pipeline import open_executor

    params = SegmentationParams(model="watershed", tile_px=128, min_area_um2=5, probability=0.0)
    fitted = run(segmentation.fit(two_nuclei_slide, params))
    alone = run(segmentation.predict(fitted, two_nuclei_slide, params))
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    )
    # a worker in this process would otherwise make its own client the default, and leave it behind
    with (
        dask.config.set(scheduler="threads"),
        cluster,
        open_executor(scheduler=cluster.scheduler_address) as executor,
    ):
        assert distributed.client._get_global_client() is None
        task = segmentation.predict(fitted, two_nuclei_slide, params, executor=executor)
        afar = run(task)
    assert alone.n == 2
    assert distributed.client._get_global_client() is None
    assert np.array_equal(alone.radii_um, afar.radii_um)
    assert np.array_equal(alone.yx_um, afar.yx_um)
