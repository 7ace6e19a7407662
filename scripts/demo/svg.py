# SPDX-License-Identifier: GPL-2.0-only
"""
The demo's picture: bytes at the peer over time, the whole run above and the
moments of the takeover below, with a mark for each phase. Plain SVG, no
plotting program needed.
"""
from html import escape

WIDTH, LEFT, RIGHT = 960, 80, 20
PANEL, GAP, TOP = 260, 90, 60
LINES = ('#1f77b4', '#2ca02c', '#9467bd', '#17becf', '#8c564b', '#7f7f7f')
MARKS = {'kill': '#d62728', 'detected': '#ff7f0e', 'promoted': '#9467bd',
         'address': '#2ca02c', 'first byte': '#1f77b4'}


def _ticks(low, high, wanted=8):
    """Round numbers between low and high."""
    step = 10 ** -6
    for factor in (2, 2.5, 2) * 9:
        if (high - low) / step <= wanted:
            break
        step *= factor
    first = int(low / step) + (low > 0)
    ticks, at = [], first * step
    while at <= high + step / 1e6:
        ticks.append(at)
        at += step
    return ticks


class Panel:
    """One coordinate system of the picture."""

    def __init__(self, top, x0, x1, y0, y1, title, unit):
        self.top, self.title, self.unit = top, title, unit
        self.x0, self.x1 = x0, max(x1, x0 + 1e-3)
        self.y0, self.y1 = y0, max(y1, y0 + 1e-3)

    def x(self, value):
        part = (value - self.x0) / (self.x1 - self.x0)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        part = (value - self.y0) / (self.y1 - self.y0)
        return self.top + PANEL * (1 - part)

    def frame(self):
        right, bottom = WIDTH - RIGHT, self.top + PANEL
        yield (f'<text x="{LEFT}" y="{self.top - 32}" class="title">'
               f'{escape(self.title)}</text>')
        box = (f'<rect x="{LEFT}" y="{self.top}" width="{right - LEFT}" '
               f'height="{PANEL}" fill="none" stroke="#999"/>')
        yield f'<clipPath id="panel{self.top}">{box}</clipPath>{box}'
        for at in _ticks(self.x0, self.x1):
            x = self.x(at)
            yield (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" '
                   f'y2="{self.top}" class="grid"/><text x="{x:.1f}" '
                   f'y="{bottom + 16}" text-anchor="middle">{at:g}</text>')
        for at in _ticks(self.y0, self.y1, 6):
            y = self.y(at)
            yield (f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" '
                   f'y2="{y:.1f}" class="grid"/><text x="{LEFT - 6}" '
                   f'y="{y + 4:.1f}" text-anchor="end">{at:g}</text>')
        yield (f'<text x="{right}" y="{bottom + 34}" text-anchor="end">'
               'seconds after the machine was killed</text>')
        yield (f'<text transform="translate(20,{self.top + PANEL / 2}) '
               f'rotate(-90)" text-anchor="middle">{self.unit}</text>')

    def line(self, points, colour):
        """Steps: what had arrived stays until more arrives."""
        path, last = [], None
        for at, value in points:
            if at < self.x0:
                last = value
                continue
            if at > self.x1:
                break
            if not path and last is not None:
                path.append(f'{LEFT},{self.y(last):.1f}')
            if last is not None:
                path.append(f'{self.x(at):.1f},{self.y(last):.1f}')
            path.append(f'{self.x(at):.1f},{self.y(value):.1f}')
            last = value
        yield (f'<polyline points="{" ".join(path)}" fill="none" '
               f'stroke="{colour}" stroke-width="1.5" '
               f'clip-path="url(#panel{self.top})"/>')

    def marks(self, marks, labels):
        for row, (name, at) in enumerate(marks):
            if not self.x0 <= at <= self.x1:
                continue
            x, colour = self.x(at), MARKS.get(name, '#333')
            yield (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{self.top}" '
                   f'y2="{self.top + PANEL}" stroke="{colour}" '
                   'stroke-width="1.5" stroke-dasharray="4 3"/>')
            if labels:
                y = self.top + 16 + 16 * row
                yield (f'<text x="{x + 4:.1f}" y="{y}" fill="{colour}">'
                       f'{escape(name)} {at * 1000:+.0f} ms</text>')


def _between(series, x0, x1):
    values = [v for points in series.values() for t, v in points
              if x0 <= t <= x1]
    return (min(values), max(values)) if values else (0, 1)


def draw(series, marks, title):
    """
    The picture as text.

    series: {name: [(seconds after the kill, MB in total), ...]}
    marks: [(name, seconds after the kill), ...] in order
    """
    start = min(points[0][0] for points in series.values())
    end = max(points[-1][0] for points in series.values())
    last = max(at for _, at in marks)
    near = (-max(0.3, last * 0.4), last * 1.8 + 0.2)
    low, high = _between(series, *near)
    top2 = TOP + PANEL + GAP
    whole = Panel(TOP, start, end, 0, _between(series, start, end)[1],
                  title, 'MB received by the peer')
    zoom = Panel(top2, near[0], near[1], low, high,
                 'The takeover', 'MB received by the peer')
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{top2 + PANEL + 70}" font-family="sans-serif" '
           'font-size="12"><style>.grid{stroke:#ddd}'
           '.title{font-size:15px;font-weight:bold}</style>'
           '<rect width="100%" height="100%" fill="white"/>']
    for panel, labels in ((whole, False), (zoom, True)):
        out += panel.frame()
        for (name, points), colour in zip(series.items(), LINES * 9):
            out += panel.line(points, colour)
        out += panel.marks(marks, labels)
    x = LEFT
    for (name, _), colour in zip(series.items(), LINES * 9):
        y = TOP - 12
        out.append(f'<line x1="{x}" x2="{x + 20}" y1="{y}" y2="{y}" '
                   f'stroke="{colour}" stroke-width="2"/><text x="{x + 26}" '
                   f'y="{y + 4}">{escape(name)}</text>')
        x += 40 + 8 * len(name)
    return '\n'.join(out) + '\n</svg>\n'
