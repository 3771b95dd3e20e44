"""The name card."""

from spotscope.model import MethodInfo

__all__ = ["info"]

info = MethodInfo(
    name="expression",
    title="Expression",
    question="What does each cell express?",
    references=(
        "Wan X. et al. Integrating spatial and single-cell transcriptomics data using deep "
        "generative models with SpatialScope. Nature Communications 14, 7848 (2023).",
        "Aitchison J., Ho C. H. The multivariate Poisson-log normal distribution. "
        "Biometrika 76, 643-653 (1989).",
    ),
)
