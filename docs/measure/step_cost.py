"""What finding nuclei and typing cells takes here, beside what the window says it will.

    python docs/measure/step_cost.py SPOTS IMAGE REFERENCE [MODEL …]

Prints processor seconds on one thread, the estimate, and the constants that would make it right.
"""

import sys
import tempfile
import time
from pathlib import Path

import spotscope
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import run
from spotscope.pipeline import StepCache, nuclei_cost, read_reference, typing_cost
from spotscope.pipeline._machine import machine_speed
from spotscope.pipeline._step_cost import _tissue_px


def main(spots: str, image: str, reference: str, *models: str) -> None:
    session, known = spotscope.read(spots, image=image), run(read_reference(reference))
    pixels, speed = _tissue_px(session.sample.slide), machine_speed()
    for model in models or ("he",):
        cache = Path(tempfile.mkdtemp())
        params = SegmentationParams(model=model)
        said = nuclei_cost(session, params, cache=StepCache(cache))
        started = time.process_time()
        found = spotscope.segment(session, model=model, workers=1, cache=cache)
        took = time.process_time() - started
        rate = speed.numbers if model == "watershed" else speed.products
        print(f"{model}: {took:.1f} s, said {said}; {took * rate / pixels:,.0f} a pixel")
    said = typing_cost(found, known, CellTypingParams())
    started = time.process_time()
    typed = spotscope.type_cells(found, known, cache=Path(tempfile.mkdtemp()))
    took = time.process_time() - started
    table = session.sample.spots.table
    genes, types = min(table.n_vars, known.table.n_vars), len(known.types)
    cells = typed.session.cells.n
    print(
        f"typing: {took:.1f} s, said {said}; {took * speed.numbers:.3g} numbers for "
        f"{table.n_obs * genes * types:.3g} spots × genes × types and {cells * types:.3g} nuclei "
        "× types"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
