"""Steps, their cache and record, the executor."""

from spotscope.pipeline._align import (
    align,
    align_step,
    lie_as,
    move_sample,
)
from spotscope.pipeline._ask_region import RegionAnswer, ask_region, ask_region_step
from spotscope.pipeline._autosave import Autosaver, KeptWork, kept_work, restore_work
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._compiled import is_compiled, start_compiling
from spotscope.pipeline._copy_as import as_command, as_python
from spotscope.pipeline._demo import DEMO_FILES, write_demo
from spotscope.pipeline._embed import Embedding, EmbedHow, EmbedOf, embed_step
from spotscope.pipeline._executor import open_executor
from spotscope.pipeline._hand_verbs import correct, estimate_cells, take_nuclei
from spotscope.pipeline._log import LogEntry, local_time, log_text, session_log
from spotscope.pipeline._lost_slide import find_slide, with_slide_of
from spotscope.pipeline._position import measure_position, way_back
from spotscope.pipeline._read import read_reference, read_sample
from spotscope.pipeline._recipe import Recipe, recipe_of
from spotscope.pipeline._region_genes import section_sums_step
from spotscope.pipeline._replay import Replay, replay_of
from spotscope.pipeline._save import open_session, overview, save_session
from spotscope.pipeline._save_regions import save_regions
from spotscope.pipeline._shift import measure_alignment
from spotscope.pipeline._step_cost import (
    StepCost,
    expression_cost,
    nuclei_cost,
    spell_seconds,
    typing_cost,
)
from spotscope.pipeline._turn import measure_turn
from spotscope.pipeline._umap import can_lay_out
from spotscope.pipeline._verbs import load, read, save, segment, type_cells, view
from spotscope.pipeline.analyses._answer import pair_name
from spotscope.pipeline.analyses._params import AnalyseParams, Question
from spotscope.pipeline.analyses._questions import missing_packages
from spotscope.pipeline.analyses._said import in_words, shown_columns, tip_of
from spotscope.pipeline.analyses._step import Analysed, Finding, analyse_step, inputs_of
from spotscope.pipeline.analyses._store import out_of_date, read_findings, save_findings
from spotscope.pipeline.analyses._verb import analyse
from spotscope.pipeline.cell_typing._applying import applying, as_applying
from spotscope.pipeline.cell_typing._find_fit import find_fitted, load_fitted_of
from spotscope.pipeline.cell_typing._hold import Held, held_of, hold, labels_in, same_region
from spotscope.pipeline.cell_typing._hold_classes import NamedTypes, classes_as_types
from spotscope.pipeline.cell_typing._hold_verb import hold_classes, hold_types
from spotscope.pipeline.cell_typing._slice_of import said_of_slices
from spotscope.pipeline.cell_typing._slices import SlicesParams, type_slices
from spotscope.pipeline.cell_typing._step import (
    Typed,
    check_typing,
    retype,
    typing_step,
)
from spotscope.pipeline.expression._cells import has_expression, told_spots, untold_since
from spotscope.pipeline.expression._decompose import Decomposed, decompose_step
from spotscope.pipeline.expression._decompose_cost import DecomposeCost, decompose_cost
from spotscope.pipeline.expression._decompose_inputs import (
    check_decomposition,
    reference_of,
    spots_in,
)
from spotscope.pipeline.expression._fit import is_learned, learn_reference
from spotscope.pipeline.expression._impute import IMPUTERS, impute_step
from spotscope.pipeline.expression._told_by import METHOD_WORDS, told_by
from spotscope.pipeline.expression._verbs import decompose, impute
from spotscope.pipeline.report._figures import check_figures, draw_figure
from spotscope.pipeline.report._html import REPORT, report_step, write_report
from spotscope.pipeline.segmentation._cell_counts import (
    Lent,
    borrow_counts,
    count_cells,
    estimate_counts,
    read_cell_counts,
)
from spotscope.pipeline.segmentation._drawn_labels import bare_levels
from spotscope.pipeline.segmentation._edit import Corrected, edit_step, read_edits
from spotscope.pipeline.segmentation._edit_labels import PatchedLabels
from spotscope.pipeline.segmentation._edit_types import base_types, settle_types
from spotscope.pipeline.segmentation._estimate import estimate_step
from spotscope.pipeline.segmentation._import_nuclei import (
    import_nuclei,
    import_step,
    is_label_image,
)
from spotscope.pipeline.segmentation._measure import (
    NucleiNumbers,
    measure_step,
    nuclei_numbers,
    nucleus_columns,
    unmeasured,
    view_numbers,
)
from spotscope.pipeline.segmentation._nuclei_area import nuclei_area
from spotscope.pipeline.segmentation._nuclei_truth import (
    NucleiScore,
    compare_nuclei,
    compare_step,
)
from spotscope.pipeline.segmentation._select import (
    Selected,
    can_choose,
    candidates_of,
    considered,
    fetch_candidates,
    select_step,
)
from spotscope.pipeline.segmentation._step import check_segmentation, segmentation_step
from spotscope.pipeline.segmentation._thumbnail import is_thumbnail, too_coarse

__all__ = [
    "DEMO_FILES",
    "IMPUTERS",
    "METHOD_WORDS",
    "REPORT",
    "AnalyseParams",
    "Analysed",
    "Autosaver",
    "Corrected",
    "DecomposeCost",
    "Decomposed",
    "EmbedHow",
    "EmbedOf",
    "Embedding",
    "Finding",
    "Held",
    "KeptWork",
    "Lent",
    "LogEntry",
    "NamedTypes",
    "NucleiNumbers",
    "NucleiScore",
    "PatchedLabels",
    "Question",
    "Recipe",
    "RegionAnswer",
    "Replay",
    "Selected",
    "SlicesParams",
    "StepCache",
    "StepCost",
    "Typed",
    "align",
    "align_step",
    "analyse",
    "analyse_step",
    "applying",
    "as_applying",
    "as_command",
    "as_python",
    "ask_region",
    "ask_region_step",
    "bare_levels",
    "base_types",
    "borrow_counts",
    "can_choose",
    "can_lay_out",
    "candidates_of",
    "check_decomposition",
    "check_figures",
    "check_segmentation",
    "check_typing",
    "classes_as_types",
    "compare_nuclei",
    "compare_step",
    "considered",
    "correct",
    "count_cells",
    "decompose",
    "decompose_cost",
    "decompose_step",
    "draw_figure",
    "edit_step",
    "embed_step",
    "estimate_cells",
    "estimate_counts",
    "estimate_step",
    "expression_cost",
    "fetch_candidates",
    "find_fitted",
    "find_slide",
    "has_expression",
    "held_of",
    "hold",
    "hold_classes",
    "hold_types",
    "import_nuclei",
    "import_step",
    "impute",
    "impute_step",
    "in_words",
    "inputs_of",
    "is_compiled",
    "is_label_image",
    "is_learned",
    "is_thumbnail",
    "kept_work",
    "labels_in",
    "learn_reference",
    "lie_as",
    "load",
    "load_fitted_of",
    "local_time",
    "log_text",
    "measure_alignment",
    "measure_position",
    "measure_step",
    "measure_turn",
    "missing_packages",
    "move_sample",
    "nuclei_area",
    "nuclei_cost",
    "nuclei_numbers",
    "nucleus_columns",
    "open_executor",
    "open_session",
    "out_of_date",
    "overview",
    "pair_name",
    "read",
    "read_cell_counts",
    "read_edits",
    "read_findings",
    "read_reference",
    "read_sample",
    "recipe_of",
    "reference_of",
    "replay_of",
    "report_step",
    "restore_work",
    "retype",
    "said_of_slices",
    "same_region",
    "save",
    "save_findings",
    "save_regions",
    "save_session",
    "section_sums_step",
    "segment",
    "segmentation_step",
    "select_step",
    "session_log",
    "settle_types",
    "shown_columns",
    "spell_seconds",
    "spots_in",
    "start_compiling",
    "take_nuclei",
    "tip_of",
    "told_by",
    "told_spots",
    "too_coarse",
    "type_cells",
    "type_slices",
    "typing_cost",
    "typing_step",
    "unmeasured",
    "untold_since",
    "user_cache",
    "view",
    "view_numbers",
    "way_back",
    "with_slide_of",
    "write_demo",
    "write_report",
]
