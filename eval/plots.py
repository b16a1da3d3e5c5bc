"""Plots as shapes, which become SVG or a picture. Pure but for ``png``.

A plot is a square of 0 to 1 in both directions, with axes, curves and bars. In SVG its colours are
those of the page that it stands in (``currentColor``), so that it reads in light and dark.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

WIDTH, HEIGHT = 360, 260
LEFT, BOTTOM, TOP, RIGHT = 48, 40, 14, 12
INK, CURVE, FAINT = "#1c1c1a", "#9c1c1f", "#b9b9b0"

Point = tuple[float, float]


@dataclass(slots=True, kw_only=True)
class Plot:
    """One plot. ``x`` and ``y`` name the axes; ticks are (place from 0 to 1, label)."""

    title: str
    x: str
    y: str
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    curves: list[Sequence[Point]] = field(default_factory=list)
    guides: list[Sequence[Point]] = field(default_factory=list)
    bars: list[tuple[float, float, float]] = field(default_factory=list)
    """Left, right, height."""

    def svg(self) -> str:
        """The plot as an SVG element; its data is not in it, so a table belongs beside it."""
        parts = [
            *(self._svg_bar(*bar) for bar in self.bars),
            *(self._svg_line(guide, "guide") for guide in self.guides),
            *(self._svg_line(curve, "curve") for curve in self.curves),
            self._svg_line([(0, 1), (0, 0), (1, 0)], "axis"),
            *(_svg_text(self._at(x, 0), label, dy=16) for x, label in self.x_ticks),
            *(_svg_text(self._at(0, y), label, dx=-6, dy=4, end=True) for y, label in self.y_ticks),
            _svg_text((LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 6), self.x),
        ]
        name = html.escape(f"{self.title}: {self.y} / {self.x}")
        return (
            f'<figure><figcaption>{html.escape(self.title)}</figcaption><svg role="img"'
            f' viewBox="0 0 {WIDTH} {HEIGHT}" aria-label="{name}">{"".join(parts)}</svg></figure>'
        )

    def png(self, path: Path, scale: int = 3) -> None:
        """Writes the plot as a picture."""
        from PIL import Image, ImageDraw, ImageFont

        image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), "white")
        draw = ImageDraw.Draw(image)
        font = ImageFont.load_default(11 * scale)

        def place(point: Point) -> Point:
            x, y = self._at(*point)
            return x * scale, y * scale

        for left, right, height in self.bars:
            draw.rectangle([place((left, height)), place((right, 0))], fill=FAINT)
        for lines, colour, width in (
            (self.guides, FAINT, 1),
            (self.curves, CURVE, 2),
            ([[(0, 1), (0, 0), (1, 0)]], INK, 1),
        ):
            for line in lines:
                draw.line([place(p) for p in line], fill=colour, width=width * scale)
        for x, label in self.x_ticks:
            draw.text((place((x, 0))[0], place((x, 0))[1] + 4 * scale), label, INK, font, "ma")
        for y, label in self.y_ticks:
            draw.text((place((0, y))[0] - 6 * scale, place((0, y))[1]), label, INK, font, "rm")
        draw.text((WIDTH * scale / 2, (HEIGHT - 4) * scale), self.x, INK, font, "md")
        draw.text((LEFT * scale, 2 * scale), self.y, INK, font, "la")
        image.save(path)

    def _at(self, x: float, y: float) -> Point:
        return LEFT + x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y * (HEIGHT - BOTTOM - TOP)

    def _svg_line(self, points: Sequence[Point], kind: str) -> str:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self._at(*point) for point in points))
        return f'<polyline class="{kind}" points="{path}"/>'

    def _svg_bar(self, left: float, right: float, height: float) -> str:
        (x, y), (end, foot) = self._at(left, height), self._at(right, 0)
        size = f'width="{end - x:.1f}" height="{foot - y:.1f}"'
        return f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" {size}/>'


def _svg_text(at: Point, words: str, *, dx: float = 0, dy: float = 0, end: bool = False) -> str:
    anchor = "end" if end else "middle"
    place = f'x="{at[0] + dx:.1f}" y="{at[1] + dy:.1f}"'
    return f'<text {place} text-anchor="{anchor}">{html.escape(words)}</text>'


def shares(parts: int = 4) -> list[tuple[float, str]]:
    """Ticks of an axis from 0 to 1."""
    return [(i / parts, f"{i / parts:g}") for i in range(parts + 1)]
