"""Bar codes and QR codes as inline SVG: nothing to fetch, sharp on any printer, and a strict CSP lets them be."""

from itertools import groupby

import segno
from barcode.codex import Code128
from markupsafe import Markup

QUIET_MODULES = 10
BAR_HEIGHT = 40


def bar_code(text: str, label: str = "") -> Markup:
    """Code 128 of printable ASCII; how wide a module becomes is the style sheet's business."""
    assert text.isascii() and text.isprintable(), "codes are ours, and ours are printable ASCII"
    [modules] = Code128(text).build()
    path, place = [], QUIET_MODULES
    for bit, run in groupby(modules):
        width = len(list(run))
        if bit == "1":
            path.append(f"M{place} 0h{width}v{BAR_HEIGHT}h-{width}z")
        place += width
    return Markup(
        '<svg class="barcode" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none"'
        ' shape-rendering="crispEdges"><path d="{}"/></svg>'
    ).format(label or text, place + QUIET_MODULES, BAR_HEIGHT, "".join(path))


def qr_code(text: str, label: str = "") -> Markup:
    """Up to some hundred characters, readable with a corner torn off."""
    made = segno.make(text, error="m", micro=False)
    drawn = made.svg_inline(omitsize=True, svgclass=None, lineclass=None, border=4)
    inner = drawn[drawn.index(">") + 1 :]
    side = made.symbol_size(border=4)[0]
    opening = Markup('<svg class="qr" role="img" aria-label="{}" viewBox="0 0 {} {}" shape-rendering="crispEdges">')
    # Segno draws numbers only; what was sent stands in no attribute of it.
    return opening.format(label or text, side, side) + Markup(inner)
