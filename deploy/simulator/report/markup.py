"""Small pieces of HTML. What is given as text is escaped; what is given as `Html` already is HTML."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NewType

Html = NewType("Html", str)
NOTHING = Html("")


def html(text: str) -> Html:
    """Text as HTML."""
    return Html(escape(text))


def element(name: str, *inside: str | Html, kind: str = "") -> Html:
    """An element around pieces of HTML; `kind` is its class."""
    marked = f' class="{escape(kind)}"' if kind else ""
    return Html(f"<{name}{marked}>{''.join(inside)}</{name}>")


def paragraph(text: str, kind: str = "") -> Html:
    """A paragraph of text."""
    return element("p", html(text), kind=kind)


def paragraphs(texts: Iterable[str | None]) -> Html:
    """A paragraph of each that there is."""
    return Html("".join(paragraph(text) for text in texts if text))


def bullets(texts: Iterable[str]) -> Html:
    """A list of sentences."""
    return element("ul", *(element("li", html(text)) for text in texts))


def table(
    head: Sequence[str], rows: Iterable[Sequence[str | Html]], caption: str, *, kind: str = ""
) -> Html:
    """A table whose first column names its rows; text in it is escaped, wide ones scroll alone."""
    heads = (f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = (
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return Html(
        f'<div class="wide {escape(kind)}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def figure(drawing: str, caption: str) -> Html:
    """A plot with the sentence under it."""
    return Html(f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>")


def details(title: str, inside: Html) -> Html:
    """What is shown when somebody asks for it."""
    return Html(f"<details><summary>{escape(title)}</summary>{inside}</details>")


def section(title: str, *inside: Html) -> Html:
    """A part of the page under its own heading."""
    return element("section", element("h2", html(title)), *inside)


def with_interval(told: str) -> Html:
    """`71.2% (70.0–72.5)` with the interval on a line of its own, in small print."""
    mean, _, rest = told.partition(" (")
    if not rest:
        return html(told)
    return Html(f"{escape(mean)}<small>{escape(rest.removesuffix(')'))}</small>")
