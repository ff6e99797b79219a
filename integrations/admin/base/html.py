"""Job descriptions: HTML that somebody wrote elsewhere, made safe to show on our pages."""

from __future__ import annotations

import html

import nh3
from django.utils.safestring import SafeString

TAGS = {
    *("p", "br", "hr", "div", "span", "section", "blockquote", "pre", "code"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
    *("ul", "ol", "li", "dl", "dt", "dd"),
    *("b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "mark", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}


def clean_html(source: str | None) -> SafeString:
    """`source` with the tags above only: no script, style, image, form, handler or odd scheme."""
    if not source:
        return SafeString("")
    # The one place where markup from outside is declared safe: the sanitiser has rebuilt it.
    return SafeString(
        nh3.clean(
            source,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )
    )


def plain_text(source: str) -> str:
    """What `source` says, without any markup, on one line."""
    text = nh3.clean(source.replace("<", " <"), tags=set())
    return " ".join(html.unescape(text).split())
