"""Print how well numbers of cells are told where nuclei are not seen.

    python docs/measure/cell_counts.py OUT [OUT ...]

Of result folders with nuclei and spots: the mean absolute error of what spots without nuclei would
borrow, on spots not learned from, beside that of the mean count; and of the guess for samples
without an image, with its correlation. Truth is the nuclei that were found.
"""

import sys
from pathlib import Path

import numpy as np

from spotscope.model import Membership, run
from spotscope.pipeline import borrow_counts, estimate_counts, open_session


def main() -> None:
    print("| sample | spots with nuclei | nuclei a spot | borrowed | mean count | guessed without "
          "an image | its mean | its correlation |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for out in map(Path, sys.argv[1:]):
        session = run(open_session(out))
        spots = session.sample.spots
        seen = Membership.from_discs(session.nuclei, spots).cells_per_spot
        on = seen > 0
        model = borrow_counts(session).model
        guess, _ = estimate_counts(spots)
        error = np.abs(guess - seen)[on].mean()
        alike = np.corrcoef(guess[on], seen[on])[0, 1]
        print(f"| {session.sample.name} | {on.sum():,} | {seen[on].mean():.1f} | {model.error:.2f} "
              f"| {model.mean_error:.2f} | {error:.2f} | {guess[on].mean():.1f} | {alike:.2f} |",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
