"""Forms from parameter models."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, SpinBox
from pydantic import Field
from qtpy.QtWidgets import QLabel

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Params, param
from spotscope.pipeline import AnalyseParams
from spotscope.widgets.parts._params_form import (
    AutoField,
    form_view,
    params_form,
    set_values,
    values,
)


class Toy(Params):
    """One field of every kind."""

    share: float = param(0.48, title="Share", description="More is more.", ge=0.0, le=1.0)
    tiny: float = param(0.0025, title="Tiny", description="Small steps.", ge=0.0, le=1.0)
    area: float = param(12.5, title="Area (µm²)", description="Large range.", ge=1.0, le=500.0)
    tile: int = param(1024, title="Tile", description="In pixels.", ge=128, le=8192)
    way: Literal["fast", "exact"] = param("exact", title="Way", description="How.")
    keep: bool = param(True, title="Keep", description="Whether.")
    nu: Annotated[float, Field(ge=0.0, le=50.0)] | Literal["auto"] = param(
        "auto", title="ν", description="Smooth."
    )
    most: Annotated[int, Field(ge=1, le=9)] | None = param(None, title="Most", description="Some.")


@pytest.fixture
def form(qtbot):
    form = params_form(Toy)
    qtbot.addWidget(form.native)
    return form


def test_an_untouched_form_gives_the_defaults(form):
    assert values(form, Toy) == Toy()


def test_the_forms_of_our_own_methods_give_their_defaults(qtbot):
    form = params_form(SegmentationParams)
    qtbot.addWidget(form.native)
    assert values(form, SegmentationParams) == SegmentationParams()


def test_each_field_gets_the_widget_of_its_kind(form):
    kinds = {row.name: type(row) for row in form}
    assert kinds == {
        "share": FloatSpinBox,
        "tiny": FloatSpinBox,
        "area": FloatSpinBox,
        "tile": SpinBox,
        "way": ComboBox,
        "keep": CheckBox,
        "nu": AutoField,
        "most": AutoField,
    }


def test_limits_title_and_tooltip_come_from_the_field(form):
    assert (form.share.min, form.share.max) == (0.0, 1.0)
    assert (form.tile.min, form.tile.max) == (128, 8192)
    assert form.area.label == "Area (µm²)"
    assert form.share.tooltip == "More is more."


def test_a_changed_value_is_read_back(form):
    form.share.value = 0.25
    form.way.value = "fast"
    assert values(form, Toy) == Toy(share=0.25, way="fast")


def test_unticking_auto_gives_the_number_beside_it(form):
    form.nu.write(4.2)
    form.most.write(3)
    assert values(form, Toy) == Toy(nu=4.2, most=3)
    form.nu.write("auto")
    assert values(form, Toy).nu == "auto"


def test_the_number_beside_auto_is_off_while_it_is_ticked(form):
    assert not form.nu[1].enabled
    form.nu[0].value = False
    assert form.nu[1].enabled


def test_fields_left_out_are_given_when_it_is_read(qtbot):
    form = params_form(Toy, leave_out={"nu"})
    qtbot.addWidget(form.native)
    assert "nu" not in {row.name for row in form}
    assert values(form, Toy, nu=2.0) == Toy(nu=2.0)


def test_values_of_an_earlier_run_can_be_set(form):
    set_values(form, {"share": 0.1, "nu": 3.0, "unknown": 1})
    assert values(form, Toy) == Toy(share=0.1, nu=3.0)


def test_the_view_has_a_title_beside_every_value(qtbot, form):
    view = form_view(form)
    qtbot.addWidget(view)
    titles = [label.text() for label in view.findChildren(QLabel) if label.text()]
    assert titles == ["Share", "Tiny", "Area (µm²)", "Tile", "Way", "Keep", "ν", "Most"]
    form.share.value = 0.25
    assert values(form, Toy).share == 0.25


@pytest.mark.parametrize(
    "params", [AnalyseParams, CellTypingParams, ExpressionParams, SegmentationParams]
)
def test_what_is_asked_for_has_its_unit_beside_it(params):
    for name, field in params.model_fields.items():
        assert field.title, name
        assert field.description, name
        is_length = name.endswith(("_um", "_um2", "_px", "_spots"))
        if is_length and field.annotation in (float, float | None):
            assert field.title.endswith(")"), f"{field.title} of what unit?"
