"""What is said of a gene that was inferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.pipeline import told_by
from spotscope.widgets.canvas._colour_scale import amount

if TYPE_CHECKING:
    from spotscope.widgets.expression._expression_shown import GeneOnCells

__all__ = ["gene_words", "span_words"]


def span_words(found: GeneOnCells, method: str, several: int = 0, called: str = "nuclei") -> str:
    """Say what the colours are, and from where to where; of ``several`` genes the mean."""
    one = "nucleus" if called == "nuclei" else "cell"
    said = f"{found.name} · {told_by(method)} · 0 to {amount(found.top)} counts a {one}"
    return said + f" · mean of {several} genes on a logarithmic scale" * bool(several)


def gene_words(found: GeneOnCells, method: str, several: int = 0, called: str = "nuclei") -> str:
    """One line: how it was told, how much there is, how well it is told.

    Parameters
    ----------
    found
        The gene on the nuclei, or the mean of several.
    method
        By which it was inferred.
    several
        Genes of the mean; 0 for a gene.
    called
        What they are on: ``nuclei``, or ``cells`` where not all were seen.
    """
    said = span_words(found, method, several, called)
    if found.hidden_r is not None:
        agrees = f"{found.hidden_r:.2f}".replace("-", "−")
        said += f" · {'median ' * bool(several)}agreement {agrees} by other genes alone"
    if found.explained is not None:
        said += (
            f" · counts tell {found.explained:.0%} of how cells of one type differ in {found.name}"
        )
    return said
