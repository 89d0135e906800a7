"""One procedure as a saved page of the portal: headings and labels on the page say which field follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge.importers.row import ImportFailed, Row, field_of

_BLOCKS = frozenset(
    ("address", "article", "body", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
     "header", "li", "main", "ol", "p", "section", "table", "tbody", "thead", "tfoot", "td", "th", "tr", "ul")
)  # fmt: skip
_SILENT = frozenset(("script", "style", "noscript", "template", "button", "select", "nav", "svg", "title", "head"))
_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(\S+) -->")
# "Mã thủ tục: 1.004222" in one line. Only short fields are said so; in a long text "Lệ phí: ..." is one of its sentences.
_IN_ONE_LINE = frozenset(
    ("code", "title", "published_on", "field", "level", "subjects", "agency", "authority", "decision")
)
_LABELLED = re.compile(r"^([^:]{2,40}):\s*(.+)$", re.S)


def read_html(path: Path) -> Iterator[Row]:
    """Yield the one record of the page; a page that names no code or title cannot be read."""
    page = path.read_text(encoding="utf-8")
    tree = LexborHTMLParser(page)
    cells: dict[str, str] = {}
    label = ""
    for line in _lines(tree.body) if tree.body else ():
        if field_of(line):
            label = line
        elif (match := _LABELLED.match(line)) and field_of(match.group(1)) in _IN_ONE_LINE:
            label = ""
            cells.setdefault(match.group(1), match.group(2).strip())
        elif label:
            cells[label] = f"{cells[label]}\n{line}" if label in cells else line
    if not {"code", "title"} <= {field_of(column) for column in cells}:
        raise ImportFailed(f"{path.name}: trang này không có mã thủ tục hoặc tên thủ tục")
    cells.setdefault("url", _address(tree, page))
    yield Row(1, cells)


def _lines(node: LexborNode) -> Iterator[str]:
    """The page as lines of text in reading order. A table row with more than two cells stays one line."""
    said = ""
    for child in node.iter(include_text=True):
        if child.tag in _SILENT:
            continue
        if child.tag == "br" or child.tag in _BLOCKS:
            yield from _said(said)
            said = ""
            if child.tag == "tr" and len(parts := [_flat(cell) for cell in child.iter()]) > 2:
                yield from _said(" | ".join(filter(None, parts)))
            elif child.tag != "br":
                yield from _lines(child)
        elif child.tag == "-text":
            said += child.text_content or ""
        elif field_of(_flat(child)):
            # <b>Mã thủ tục:</b> 1.004222: the label is a line of its own.
            yield from _said(said)
            yield _flat(child)
            said = ""
        else:
            said += " ".join(_lines(child))
    yield from _said(said)


def _said(text: str) -> Iterator[str]:
    if flat := " ".join(text.split()).removeprefix(": "):
        yield flat


def _flat(node: LexborNode) -> str:
    return " ".join(node.text(separator=" ").split())


def _address(tree: LexborHTMLParser, page: str) -> str:
    for selector, name in (('link[rel="canonical"]', "href"), ('meta[property="og:url"]', "content")):
        node = tree.css_first(selector)
        if node is not None and (address := node.attributes.get(name)):
            return address
    saved = _SAVED_FROM.search(page)
    return saved.group(1) if saved else ""
