"""The nucleus finder's name card."""

from spotscope.model import MethodInfo

__all__ = ["info"]

info = MethodInfo(
    name="watershed",
    title="Nuclei by stain and shape",
    question="Where are the nuclei?",
    references=(
        "Ruifrok & Johnston 2001, Anal Quant Cytol Histol 23:291-299",
        "Macenko et al. 2009, IEEE ISBI, 1107-1110",
        "Schmidt et al. 2018, MICCAI, 265-273 (star-convex outlines)",
    ),
)
