"""The sliders, the view that follows them, the table of villages, and the buttons."""

from html import escape

import ipywidgets as widgets
import itables
from IPython.display import HTML

from analysis import exhibits
from analysis.explore.outlook import Move, Start
from analysis.explore.view import Scene, chart, numbers, searchable, write_view

# How far a slider goes is no assumption: it is where an analyst can look.
LINE_STEP, LINE_LOWEST, LINE_TIMES = 50, 500, 3
GROWTH_STEP, GROWTH_LOWEST, GROWTH_HIGHEST = 0.001, -0.2, 0.4
DELIVERED_STEP = 0.05


class Bench(widgets.VBox):
    """
    Sliders with the view that follows them; `villages` is the table to show below.

    Parameters
    ----------
    scene : Scene
        What stays as it is.
    move : Move
        Where the sliders start.

    Examples
    --------
    >>> Bench.__name__
    'Bench'
    """

    def __init__(self, scene: Scene, move: Move) -> None:
        self._scene, self._first = scene, move
        self._sliders = _sliders(scene, move)
        self._numbers, self._chart, self._said = (widgets.HTML() for _ in range(3))
        self.villages = widgets.Output()
        for slider in self._sliders.values():
            slider.observe(self._moved, "value")
        self._moved()
        self._renewed()
        buttons = {"write": self._written, "renew": self._renewed, "reset": self._reset}
        row = widgets.HBox([_button(scene, name, act) for name, act in buttons.items()])
        super().__init__([*self._sliders.values(), row, self._said, self._numbers, self._chart])

    @property
    def move(self) -> Move:
        """Where the sliders stand."""
        return Move(**{name: slider.value for name, slider in self._sliders.items()})

    def _moved(self, _change: object = None) -> None:
        # The numbers are there at once; the picture takes longer to draw, and follows.
        self._numbers.value = numbers(self._scene, self.move)
        self._chart.value = chart(self._scene, self.move)

    def _written(self, _button: object = None) -> None:
        try:
            paths = write_view(self._scene, self.move)
        except ValueError as refusal:
            self._said.value = escape(str(refusal))
            return
        drawn = any(path.suffix == ".png" for path in paths)
        where = f"{paths[0].parent.name}/{paths[0].name}"
        key = "written" if drawn else "written_undrawn"
        self._said.value = escape(self._scene.say(key, path=where))

    def _renewed(self, _button: object = None) -> None:
        shown = HTML(searchable(self._scene, self.move))
        self.villages.outputs = ()
        self.villages.append_display_data(shown)

    def _reset(self, _button: object = None) -> None:
        for name, value in self._first._asdict().items():
            self._sliders[name].value = value


def bench(begun: Start, move: Move, place: str, threshold: float | None) -> Bench:
    """
    Set the bench up in the language JupyterLab shows, with what its tables need to work offline.

    Parameters
    ----------
    begun : Start
        From `start`.
    move : Move
        Where the sliders start.
    place : str
        Folder of the place under the data folder.
    threshold : float or None
        Incidence below which the county passes, 0 to 1.

    Returns
    -------
    Bench
        To be shown as it is.

    Examples
    --------
    >>> bench.__name__
    'bench'
    """
    itables.init_notebook_mode(all_interactive=False, connected=False)
    return Bench(Scene(begun, place, threshold, exhibits.language()), move)


def _sliders(scene: Scene, move: Move) -> dict[str, widgets.Widget]:
    wide = {"style": {"description_width": "19em"}, "layout": {"width": "46em"}}
    named = {name: {"description": scene.say(f"slider.{name}"), **wide} for name in Move._fields}
    highest = max(LINE_TIMES * move.line, LINE_LOWEST + LINE_STEP)
    return {
        "line": widgets.IntSlider(
            value=round(move.line), min=LINE_LOWEST, max=round(highest), step=LINE_STEP,
            **named["line"],
        ),
        "growth": widgets.FloatSlider(
            value=move.growth, min=GROWTH_LOWEST, max=GROWTH_HIGHEST, step=GROWTH_STEP,
            readout_format=".1%", **named["growth"],
        ),
        "villages": widgets.IntSlider(
            value=min(move.villages, scene.begun.listed_left), min=0,
            max=scene.begun.listed_left, **named["villages"],
        ),
        "delivered": widgets.FloatSlider(
            value=move.delivered, min=0, max=1, step=DELIVERED_STEP, readout_format=".0%",
            **named["delivered"],
        ),
    }  # fmt: skip


def _button(scene: Scene, name: str, act) -> widgets.Button:
    button = widgets.Button(description=scene.say(f"button.{name}"), layout={"width": "auto"})
    button.on_click(act)
    return button
