"""Draw the tiles where the networks that ship do best and worst.

    python docs/measure/nuclei_gallery.py DATA OUT.png

Held-back tiles, the two best and the two worst of each network by F1 at IoU 0.5: a corner of each,
what was drawn by hand in green, what was found in magenta, both where they agree in white.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from skimage.segmentation import find_boundaries

from spotscope.evaluation import nuclei_cases
from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import run
from spotscope.pipeline._nuclei_tiles import candidates_of, score_tile

SIDE = 250


def main() -> None:
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    rows = []
    for stain in ("he", "fluo"):
        params = SegmentationParams(model=stain)
        scored = []
        for case in nuclei_cases(data, "reporting", stain):
            found = run(candidates_of(case.image, case.mpp, params))
            score = score_tile(found, case.labels, case.mpp, params)
            scored.append((score.f1, panel(case, segmentation.select(found, params), score)))
        scored.sort(key=lambda one: one[0])
        shown = [*scored[:-3:-1], *scored[1::-1]]  # two best, then two worst, the worst last
        rows.append(np.hstack([picture for _, picture in shown]))
    Image.fromarray(np.vstack(rows)).save(out, optimize=True)


def panel(case, nuclei, score) -> np.ndarray:
    drawn = segmentation.LabelDrawer(nuclei, case.mpp).draw(0, 0, *case.labels.shape)
    image = np.repeat(case.image, 3, axis=2) if case.image.shape[2] == 1 else case.image
    low, high = np.percentile(image, [1, 99.8]) if case.stain == "fluo" else (0, 255)
    image = np.clip(255 * (image.astype(float) - low) / (high - low), 0, 255).astype(np.uint8)
    truth, found = find_boundaries(case.labels), find_boundaries(drawn.astype(np.int32))
    image[truth], image[found], image[truth & found] = (0, 200, 0), (230, 0, 200), (255, 255, 255)
    picture = Image.fromarray(image[:SIDE, :SIDE])
    text = f"{case.organ}, F1 {score.f1:.2f}, AJI {score.aji:.2f}"
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 8 + pen.textlength(text), 14), fill=(0, 0, 0))
    pen.text((4, 2), text, fill=(255, 255, 255))
    return np.asarray(picture)


if __name__ == "__main__":
    main()
