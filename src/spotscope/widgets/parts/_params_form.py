"""A form made from a parameter model: label, range, tooltip and default come from its fields."""

from __future__ import annotations

import math
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from magicgui.widgets import CheckBox, Container, create_widget
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from spotscope.model import Params

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from magicgui.widgets import Widget
    from pydantic.fields import FieldInfo

__all__ = ["form_view", "params_form", "set_values", "show_rows", "values"]

P = TypeVar("P", bound=Params)


class AutoField(Container):
    """A value or a word for it, such as ``auto``: a tick, and the value beside it."""

    def __init__(self, word: Any, inner: Widget, **kwargs: Any) -> None:
        self._word = word
        self._tick = CheckBox(name="tick", text="auto" if word is None else str(word))
        self._inner = inner
        super().__init__(widgets=[self._tick, inner], layout="horizontal", labels=False, **kwargs)
        self.margins = (0, 0, 0, 0)
        self._tick.changed.connect(self._on_tick_changed)

    def _on_tick_changed(self, ticked: bool) -> None:
        self._inner.enabled = not ticked

    def read(self) -> Any:
        """The word if ticked, else the value."""
        return self._word if self._tick.value else self._inner.value

    def write(self, value: Any) -> None:
        """Tick, or untick and set the value."""
        self._tick.value = value == self._word
        self._inner.enabled = not self._tick.value
        if value != self._word:
            self._inner.value = value


def params_form(params: type[Params], *, leave_out: Collection[str] = ()) -> Container:
    """Return a form with one row a field, set to the defaults.

    Parameters
    ----------
    params
        The model.
    leave_out
        Fields shown elsewhere; :func:`values` takes them as keywords.
    """
    rows = [
        _widget(name, field) for name, field in params.model_fields.items() if name not in leave_out
    ]
    return Container(widgets=rows, labels=False, name=params.__name__)


def form_view(form: Container) -> QWidget:
    """Lay a form out in two columns, titles and values, so that the values stand in line."""
    view = QWidget()
    grid = QGridLayout(view)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(4)
    for number, row in enumerate(form):
        title = QLabel(row.label)
        title.setToolTip(row.tooltip)
        title.setWordWrap(True)
        grid.addWidget(title, number, 0)
        grid.addWidget(row.native, number, 1)
        _name(row)
    grid.setColumnStretch(0, 1)
    grid.setColumnMinimumWidth(1, 150)
    return view


def _name(row: Widget) -> None:
    """Give the fields of a row its title: else a screen reader knows only their values."""
    if isinstance(row, AutoField):
        for part, word in zip(row, (f": {row[0].text}", ""), strict=True):
            part.native.setAccessibleName(row.label + word)
    else:
        row.native.setAccessibleName(row.label)


def show_rows(view: QWidget, form: Container, names: Collection[str]) -> None:
    """Show only the rows named, of a view that :func:`form_view` made of the form."""
    grid = view.layout()
    assert isinstance(grid, QGridLayout)
    for number, row in enumerate(form):
        for column in (0, 1):
            item = grid.itemAtPosition(number, column)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.setVisible(row.name in names)


def values(form: Container, params: type[P], **others: Any) -> P:
    """Read a form back into its model.

    Raises
    ------
    pydantic.ValidationError
        Never for a form left as it was made: its widgets hold the same limits.
    """
    shown = {row.name: row.read() if isinstance(row, AutoField) else row.value for row in form}
    return params(**(shown | others))


def set_values(form: Container, values: Mapping[str, Any]) -> None:
    """Set the rows named in ``values``; other names are left alone."""
    for row in form:
        if row.name not in values:
            continue
        if isinstance(row, AutoField):
            row.write(values[row.name])
        else:
            row.value = values[row.name]


def _widget(name: str, field: FieldInfo) -> Widget:
    kind, word = _split(field.annotation)
    kind, limits = _limits(kind, field)
    common = {"name": name, "label": field.title or name}
    if word is _NOTHING:
        made = _plain(kind, limits, field.default, **common)
    else:
        start = field.default if field.default != word else _middle(kind, limits)
        made = AutoField(word, _plain(kind, limits, start, name="value"), **common)
        made.write(field.default)
    made.tooltip = field.description or ""
    return made


def _plain(kind: Any, limits: tuple[float, float], value: Any, **common: Any) -> Widget:
    options: dict[str, Any] = {}
    low, high = limits
    if get_origin(kind) is Literal:
        options = {"choices": list(get_args(kind))}
    elif kind in (int, float):
        options = {"min": kind(max(low, -1e9)), "max": kind(min(high, 1e9)), "step": 1}
        options["widget_type"] = "SpinBox"
        if kind is float:
            options["step"] = _step(low, high, value)
            options["widget_type"] = "FloatSpinBox"
    return create_widget(value=value, annotation=kind, options=options, **common)


def _limits(kind: Any, field: FieldInfo) -> tuple[Any, tuple[float, float]]:
    """Take the limits off ``Annotated[float, Field(ge=0)]``, or from the field itself."""
    rules: list[Any] = list(field.metadata)
    if get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        for note in notes:
            rules += getattr(note, "metadata", [note])
    low, high = -math.inf, math.inf
    for rule in rules:
        lower = [getattr(rule, end) for end in ("ge", "gt") if getattr(rule, end, None) is not None]
        upper = [getattr(rule, end) for end in ("le", "lt") if getattr(rule, end, None) is not None]
        low, high = max([low, *lower]), min([high, *upper])
    return kind, (low, high)


def _step(low: float, high: float, value: float) -> float:
    """A hundredth of the range, as 1, 2 or 5 times a power of ten; fine enough for ``value``."""
    span = high - low
    rough = span / 100 if math.isfinite(span) else max(abs(value), 1.0) / 100
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (5, 2, 1) if factor * power <= rough * 1.001)
    while abs(value / step - round(value / step)) > 1e-6 and step > 1e-6:
        step /= 10
    return round(step, 9)


def _middle(kind: Any, limits: tuple[float, float]) -> Any:
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    low, high = limits
    if math.isfinite(low) and math.isfinite(high):
        return kind((low + high) / 2)
    return kind(low) if math.isfinite(low) else kind(1)


_NOTHING = object()


def _split(annotation: Any) -> tuple[Any, Any]:
    """Split ``X | Literal[word]`` and ``X | None`` into X and the word."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, _NOTHING
    kinds = list(get_args(annotation))
    for option in kinds:
        others = [kind for kind in kinds if kind is not option]
        if option is type(None) and len(others) == 1:
            return others[0], None
        if get_origin(option) is Literal and len(get_args(option)) == 1 and len(others) == 1:
            return others[0], get_args(option)[0]
    raise TypeError(f"no widget for {annotation!r}")
