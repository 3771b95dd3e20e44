"""Which genes are to be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope import io
from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.model import MethodError, ParamsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Reference

__all__ = ["choose_genes", "genes_to_impute"]


def choose_genes(text: str | None, reference: Reference) -> tuple[tuple[str, ...], str]:
    """Genes asked for, and a note of those that the reference lacks.

    Parameters
    ----------
    text
        Names separated by commas, or a file of names, a line each or by commas; None asks for all.
    reference
        Has the genes.

    Raises
    ------
    ParamsError
        If the reference has none of them.
    """
    names = tuple(dict.fromkeys(map(str, reference.table.var_names)))
    if text is None:
        return names, ""
    try:
        listed = Path(text).read_text("utf-8") if Path(text).is_file() else None
    except OSError:  # a list too long to be the name of a file
        listed = None
    except UnicodeDecodeError as err:
        raise ParamsError(
            f"Expected names of genes in {text}, found a file that is no text; give one with a "
            "name a line (--genes FILE)."
        ) from err
    words = text.split(",") if listed is None else re.split(r"[\s,;]+", listed)
    asked = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    known = set(names)
    found = tuple(name for name in asked if name in known)
    unknown = [name for name in asked if name not in known]
    if not found:
        raise ParamsError(
            f"Expected genes of {reference.name} (such as {', '.join(names[:3])}), found none of "
            f"the {len(asked)} asked for ({', '.join(unknown[:3])}…); name them as the reference "
            "does."
        )
    note = ""
    if unknown:
        shown = ", ".join(unknown[:5]) + ("…" if len(unknown) > 5 else "")
        note = f"{len(unknown)} of {len(asked)} genes are not in {reference.name}: {shown}"
    return found, note


def genes_to_impute(
    reference: Reference, n_cells: int, genes: Sequence[str] | None, thin: Sequence[str] = ()
) -> tuple[tuple[str, ...], str]:
    """Genes that are told of so many cells, and a note where they are not all.

    Parameters
    ----------
    reference
        Has the genes.
    n_cells
        Of the panel.
    genes
        Those asked for; None asks for all, as far as a laptop's memory goes.
    thin
        Told whatever they are.

    Raises
    ------
    MethodError
        If those asked for need more memory than there is.
    """
    every, note = choose_genes(None, reference)[0], ""
    if genes is None:
        most = expression.how_many_genes(ExpressionParams(), n_cells, len(every))
        if most < len(every):
            telling = {*expression.telling_genes_of(reference, most), *thin}
            every = tuple(name for name in every if name in telling)
            note = (
                f"{len(every):,} of {reference.table.n_vars:,} genes are told, those in which "
                f"cells of {reference.name} differ most; name others (--genes A,B|FILE)"
            )
        return every, note
    names = tuple(map(str, genes))
    room, needed = io.available_bytes(), expression.memory_bytes(n_cells, len(names))
    if room is not None and needed > room:
        raise MethodError(
            f"Expected an answer below {room / 2**30:.1f} GiB, found {n_cells:,} cells × "
            f"{len(names):,} genes, which take {needed / 2**30:.1f} GiB; name fewer (--genes)."
        )
    return names, ""
