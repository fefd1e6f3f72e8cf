"""The file of a chart: what is drawn, and nothing else.

Matplotlib notes for every line of a chart what drew it, and where to a millionth of a point. A
brief carries some thirty charts in two languages, each in the notebook, the web page and the PDF.
"""

import re
from xml.etree import ElementTree

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
POINTED_AT = re.compile(r"#([\w.-]+)")
LONG = re.compile(r"-?\d+\.\d{3,}")
PLACES = {"d", "x", "y", "width", "height", "points"}
# Nothing is drawn twice where only an area is filled, so the colour itself can let through: what
# lets through as a whole is drawn apart, and a PDF keeps it in an object of its own.
FILLED = re.compile(r"(fill: #\w+; )(opacity: [\d.]+)")
UNTURNED = re.compile(r"rotate\(-?0 [^)]*\)")

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def condensed(drawing: str) -> str:
    """
    Say a drawing of Matplotlib's in fewer words.

    Groups that do nothing, names that nothing points at and what is said of the file itself go;
    places are told to a hundredth of a point (0.004 mm). What is seen stays.

    Parameters
    ----------
    drawing : str
        SVG.

    Returns
    -------
    str
        SVG without declaration, on one line but for what texts hold.

    Raises
    ------
    xml.etree.ElementTree.ParseError
        If it is no XML.

    Examples
    --------
    >>> condensed('<svg xmlns="http://www.w3.org/2000/svg"><g id="a"><path d="M 0.1234 1 "/></g>'
    ...           '</svg>')
    '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0.12 1" /></svg>'
    """
    root = ElementTree.fromstring(drawing)
    size = {name: root.get(name) for name in ("width", "height") if root.get(name)}
    _condense(root, set(POINTED_AT.findall(drawing)))
    root.attrib.update(size)
    return ElementTree.tostring(root, encoding="unicode")


def _condense(part: ElementTree.Element, pointed_at: set[str]) -> None:
    for inner in part:
        _condense(inner, pointed_at)
    if part.get("id") not in pointed_at:
        part.attrib.pop("id", None)
    for name in PLACES.intersection(part.keys()):
        part.set(name, " ".join(LONG.sub(_short, part.get(name)).split()))
    if filled := FILLED.fullmatch(part.get("style", "")):
        part.set("style", f"{filled[1]}fill-{filled[2]}")
    if UNTURNED.fullmatch(part.get("transform", "")):
        del part.attrib["transform"]
    if len(part) and part.tag != f"{{{SVG}}}text":
        _unwrap(part)


def _unwrap(part: ElementTree.Element) -> None:
    """Put what stands in a group that does nothing in the place of the group."""
    kept = []
    for inner in part:
        inner.tail = None
        if inner.tag == f"{{{SVG}}}metadata":
            continue
        kept.extend(inner if inner.tag == f"{{{SVG}}}g" and not inner.attrib else [inner])
    part[:], part.text = kept, None


def _short(number: re.Match[str]) -> str:
    # Six digits are kept of any number, so large ones stay; adding 0 turns -0 into 0.
    return f"{round(float(number[0]), 2) + 0:g}" if abs(float(number[0])) < 1e4 else number[0]
