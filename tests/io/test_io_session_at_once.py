"""Two sessions saved at once: a setting of the process holds until both are written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import anndata as ad
import numpy as np
import zarr

from spotscope.io import _session


def test_tables_are_written_one_after_the_other_under_the_setting_they_need(tmp_path, monkeypatch):
    write, seen = ad.io.write_elem, set()
    begun, entered, left = Event(), Event(), Event()

    def watched(group, name, table):
        # both are on their tables; where they may be, the first ends under the second
        if name == "first":
            begun.set()
            entered.wait(0.5)
        else:
            entered.set()
            left.wait(0.5)
        seen.add((name, ad.settings.auto_shard_zarr_v3))
        write(group, name, table)

    monkeypatch.setattr(ad.io, "write_elem", watched)
    before = ad.settings.auto_shard_zarr_v3
    root = zarr.open_group(tmp_path / "a.zarr", mode="w")
    table = ad.AnnData(np.ones((3, 2), np.float32))
    with ThreadPoolExecutor(2) as threads:
        args = table, np.zeros((3, 2)), None
        first = threads.submit(_session._write_table, root, "first", *args)
        assert begun.wait(60)
        second = threads.submit(_session._write_table, root, "second", *args)
        first.add_done_callback(lambda _: left.set())
        for job in (first, second):
            job.result()
    assert seen == {("first", False), ("second", False)}
    assert ad.settings.auto_shard_zarr_v3 == before
