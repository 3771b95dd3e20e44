"""Draw where the networks that ship do best and worst: twenty pieces of held-back tiles.

    python docs/measure/nuclei_gallery.py DATA OUT.jpg

Held-back tiles are cut into squares. Of H&E the six best and the six worst by F1 at IoU 0.5 are
shown, of fluorescence the four best and the four worst, no more than two of one tile a row; nuclei
that the cut divides count as they are seen. What was drawn by hand is green, what was found
magenta, both where they agree white.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from skimage.segmentation import find_boundaries

from spotscope.evaluation import nuclei_cases, score_labels
from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import run
from spotscope.pipeline.segmentation._tiles import candidates_of

SIDE, SHOWN, FEWEST, OF_ONE = 240, {"he": 6, "fluo": 4}, 8, 2


def main() -> None:
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    best, worst = [], []
    for stain, n in SHOWN.items():
        pieces = []
        for case in nuclei_cases(data, "reporting", stain):
            pieces += cut(case)
        pieces.sort(key=lambda piece: -piece[0])
        best += pick(pieces, n)
        worst += pick(pieces[::-1], n)
    rows = [np.hstack(part[i : i + 5]) for part in (best, worst) for i in (0, 5)]
    Image.fromarray(np.vstack(rows)).save(out, quality=86, optimize=True)


def pick(pieces: list, n: int) -> list:
    """The first ``n`` pictures, no more than two of one tile."""
    seen, chosen = {}, []
    for _, name, picture in pieces:
        seen[name] = seen.get(name, 0) + 1
        if seen[name] <= OF_ONE and len(chosen) < n:
            chosen.append(picture)
    return chosen


def cut(case) -> list:
    """(F1, tile, picture) of every square with enough nuclei."""
    params = SegmentationParams(model=case.stain)
    nuclei = segmentation.select(run(candidates_of(case.image, case.mpp, params)), params)
    drawn = segmentation.LabelDrawer(nuclei, case.mpp).draw(0, 0, *case.labels.shape)
    image = coloured(case)
    height, width = case.labels.shape
    pieces = []
    for y in range(0, max(height - SIDE, 0) + 1, SIDE):
        for x in range(0, max(width - SIDE, 0) + 1, SIDE):
            part = np.s_[y : y + SIDE, x : x + SIDE]
            score = score_labels(drawn[part], case.labels[part])
            if score.n_true >= FEWEST:
                text = f"{case.organ}, F1 = {score.f1:.2f}"
                picture = panel(image[part], drawn[part], case.labels[part], text)
                pieces.append((score.f1, case.name, picture))
    return pieces


def coloured(case) -> np.ndarray:
    """(y, x, 3) uint8, fluorescence stretched."""
    image = np.repeat(case.image, 3, axis=2) if case.image.shape[2] == 1 else case.image
    low, high = np.percentile(image, [1, 99.8]) if case.stain == "fluo" else (0, 255)
    return np.clip(255 * (image.astype(float) - low) / (high - low), 0, 255).astype(np.uint8)


def panel(image: np.ndarray, drawn: np.ndarray, truth: np.ndarray, text: str) -> np.ndarray:
    """A square with both outlines and a line of words."""
    picture = np.full((SIDE, SIDE, 3), 30, np.uint8)
    one, two = find_boundaries(truth), find_boundaries(drawn.astype(np.int32))
    image = image.copy()
    image[one], image[two], image[one & two] = (0, 200, 0), (230, 0, 200), (255, 255, 255)
    picture[: image.shape[0], : image.shape[1]] = image
    drawing = Image.fromarray(picture)
    pen = ImageDraw.Draw(drawing)
    pen.rectangle((0, 0, 8 + pen.textlength(text), 14), fill=(0, 0, 0))
    pen.text((4, 2), text, fill=(255, 255, 255))
    pen.rectangle((0, 0, SIDE - 1, SIDE - 1), outline=(30, 30, 30))
    return np.asarray(drawing)


if __name__ == "__main__":
    main()
