"""The data contracts, tasks, errors, units and random numbers that every room shares."""

from spotscope.model._background import Tick, in_background
from spotscope.model._cache_home import cache_home
from spotscope.model._cells import (
    UNTYPED,
    Cells,
)
from spotscope.model._counts import (
    as_counts,
)
from spotscope.model._edit_apply import (
    Edited,
    apply_edits,
)
from spotscope.model._edit_shapes import (
    outlines_of_polygons,
)
from spotscope.model._edits import (
    MOST_CELLS,
    Edit,
    EditKind,
    EditLog,
    EditMark,
)
from spotscope.model._errors import (
    DeviceError,
    MethodError,
    MissingDependencyError,
    NotConvergedWarning,
    ParamsError,
    ReadError,
    SpotscopeError,
    WriteError,
)
from spotscope.model._estimated import (
    cells_in_discs,
    is_estimated,
)
from spotscope.model._fingerprint import (
    fingerprint_file,
    is_file_of,
)
from spotscope.model._genes import (
    Dropped,
    GeneSpace,
)
from spotscope.model._keys import (
    CellKey,
    ExpressionKey,
    ExpressionSource,
    GivenKey,
    MeasureKey,
    OutFile,
    SpotKey,
    TypeSource,
)
from spotscope.model._membership import (
    Membership,
    polygon_disc_area,
)
from spotscope.model._method import (
    MethodInfo,
    Problem,
)
from spotscope.model._nucleus_classes import (
    NucleusClasses,
)
from spotscope.model._params import (
    Params,
    is_live,
    param,
    update,
)
from spotscope.model._random import (
    Rng,
    as_rng,
    spawn,
)
from spotscope.model._record import (
    RunRecord,
    versions,
)
from spotscope.model._reference import (
    Reference,
)
from spotscope.model._region import (
    Region,
)
from spotscope.model._session import (
    Labels,
    Sample,
    Session,
)
from spotscope.model._slide import (
    LostSlide,
    Slide,
    check_mpp,
)
from spotscope.model._spots import (
    Lattice,
    Spots,
)
from spotscope.model._star_convex import (
    StarConvex,
    ray_directions,
)
from spotscope.model._task import (
    Progress,
    Task,
    run,
)
from spotscope.model._threads import in_threads
from spotscope.model._tissue import optical_density, tissue_mask
from spotscope.model._transform import Landmarks, Transform, fit_landmarks, spell_shift
from spotscope.model._turn import AS_IT_LIES, TURNS, Turn

__all__ = [
    "AS_IT_LIES",
    "MOST_CELLS",
    "TURNS",
    "UNTYPED",
    "CellKey",
    "Cells",
    "DeviceError",
    "Dropped",
    "Edit",
    "EditKind",
    "EditLog",
    "EditMark",
    "Edited",
    "ExpressionKey",
    "ExpressionSource",
    "GeneSpace",
    "GivenKey",
    "Labels",
    "Landmarks",
    "Lattice",
    "LostSlide",
    "MeasureKey",
    "Membership",
    "MethodError",
    "MethodInfo",
    "MissingDependencyError",
    "NotConvergedWarning",
    "NucleusClasses",
    "OutFile",
    "Params",
    "ParamsError",
    "Problem",
    "Progress",
    "ReadError",
    "Reference",
    "Region",
    "Rng",
    "RunRecord",
    "Sample",
    "Session",
    "Slide",
    "SpotKey",
    "Spots",
    "SpotscopeError",
    "StarConvex",
    "Task",
    "Tick",
    "Transform",
    "Turn",
    "TypeSource",
    "WriteError",
    "apply_edits",
    "as_counts",
    "as_rng",
    "cache_home",
    "cells_in_discs",
    "check_mpp",
    "fingerprint_file",
    "fit_landmarks",
    "in_background",
    "in_threads",
    "is_estimated",
    "is_file_of",
    "is_live",
    "optical_density",
    "outlines_of_polygons",
    "param",
    "polygon_disc_area",
    "ray_directions",
    "run",
    "spawn",
    "spell_shift",
    "tissue_mask",
    "update",
    "versions",
]
