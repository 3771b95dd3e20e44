"""Draw the figure of docs/benchmarks/typing.md from the tables on that page.

    python docs/measure/typing_figure.py

Needs matplotlib, which spotscope itself does not.
"""

import re
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

PAGE = Path(__file__).parents[1] / "benchmarks" / "typing.md"
FIGURE = Path(__file__).parents[1] / "images" / "typing.png"
SHOWN = {
    "ours, proportions": "#c0392b",
    "NNLS": "#7f8c8d",
    "RCTD's model": "#2c3e50",
    "FlashDeconv": "#2980b9",
    "rctd-py, full": "#16a085",
    "Tangram, constrained": "#8e44ad",
    "cell2location": "#d68910",
}


def tables(text: str) -> dict[str, dict[str, tuple[float, float]]]:
    """RMSE and its spread by case and method."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for part in text.split("\n### ")[1:]:
        case, *lines = part.splitlines()
        head = next((line for line in lines if line.startswith("| method |")), None)
        if head is None:
            continue
        column = [cell.strip() for cell in head.strip("|").split("|")].index("RMSE")
        for line in lines:
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if cells[0] in SHOWN and len(cells) > column:
                value = re.match(r"([\d.]+)(?: ± ([\d.]+))?", cells[column])
                if value:
                    pair = float(value[1]), float(value[2] or 0)
                    found.setdefault(case, {})[cells[0]] = pair
    return found


def main() -> None:
    """Read, draw, write."""
    found = tables(PAGE.read_text("utf-8"))
    used = [name for name in SHOWN if any(name in case for case in found.values())]
    figure, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
    width = 0.8 / len(used)
    for at, name in enumerate(used):
        pairs = [
            (row + (at - (len(used) - 1) / 2) * width, *case[name])
            for row, case in enumerate(found.values())
            if name in case
        ]
        x, height, error = zip(*pairs, strict=True)
        axes.bar(x, height, width, yerr=error, color=SHOWN[name], label=name, error_kw={"lw": 0.8})
    axes.set_xticks(range(len(found)), [case.replace(", ", "\n") for case in found], fontsize=8)
    axes.set_ylabel("RMSE of proportions (less is better)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", frameon=False, fontsize=8, ncols=len(used))
    figure.savefig(FIGURE, dpi=150)


if __name__ == "__main__":
    main()
