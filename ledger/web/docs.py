"""Writes the OpenAPI document out as one plain HTML page that works without internet and without scripts."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}
body{max-width:62rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid #8888}
article{border:1px solid #8886;border-radius:.5rem;padding:.2rem 1rem .8rem;margin:1rem 0}
h3{font:600 1rem/1.6 ui-monospace,monospace;overflow-wrap:anywhere}
.method{display:inline-block;min-width:3.4rem;text-align:center;border-radius:.3rem;background:#2563;margin-right:.5rem}
.post{background:#5823}pre{white-space:pre-wrap}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}
th{font-weight:600;border-bottom:1px solid #8886}code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
nav a{margin-right:1rem}
"""
STYLE_HASH = f"sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}"
_DEPTH_MAX = 4


def docs_page(document: Mapping[str, Any]) -> bytes:
    """Made once, when the service starts."""
    title = escape(document["info"]["title"])
    parts = [
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><h1>{title} {escape(document['info']['version'])}</h1>",
        f"<p>{escape(document['info']['description'])}</p>",
        '<p>OpenAPI 3.1: <a href="/schema">/schema</a></p>',
        *_sections(document),
        "</body></html>",
    ]
    return "\n".join(parts).encode()


def _sections(document: Mapping[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append(_article(method, path, operation, document))
    links = (f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in sorted(by_tag))
    yield f"<nav>{' '.join(links)}</nav>"
    for tag in sorted(by_tag):
        yield f'<h2 id="{escape(tag)}">{escape(tag)}</h2>'
        yield from by_tag[tag]


def _article(method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    rows = [
        _row(parameter["name"], parameter["in"], parameter["required"], parameter["schema"])
        for parameter in operation["parameters"]
    ]
    parts = [
        f'<article id="{escape(operation["operationId"])}">',
        f'<h3><span class="method {escape(method)}">{escape(method.upper())}</span>{escape(path)}</h3>',
        *(f"<p>{escape(text)}</p>" for text in operation["description"].split("\n\n")),
    ]
    if rows:
        parts.append(_table("参数 / Parameters", rows))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        fields = list(_fields(content["schema"], document, ""))
        parts.append(_table(f"请求 / Request: {media_type}", fields) if fields else f"<p>{escape(media_type)}</p>")
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items() if status != "default" else ():
            fields = list(_fields(content["schema"], document, ""))
            told = f"答复 / Answer: {status}"
            parts.append(_table(told, fields) if fields else f"<p>{escape(told)} {escape(media_type)}</p>")
    return "".join([*parts, "</article>"])


def _fields(schema: Mapping[str, Any], document: Mapping[str, Any], above: str) -> Iterator[str]:
    """One row a field; what is inside a field follows it, down to a depth that a person still reads."""
    schema = _resolved(schema, document)
    for branch in schema.get("anyOf", ()):
        yield from _fields(branch, document, above)
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, document)
        place = f"{above}{name}"
        yield _row(place, _kind(inner), name in schema.get("required", ()), {**inner, **field})
        if place.count(".") < _DEPTH_MAX:
            yield from _fields(inner.get("items") or inner, document, f"{place}.")


def _resolved(schema: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    if reference is None:
        return schema if isinstance(schema, Mapping) else {}
    found: Mapping[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(branch) for branch in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return str(schema.get("format") or schema.get("type") or schema.get("$ref", "").rpartition("/")[2])


def _row(name: str, kind: str, is_required: bool, schema: Mapping[str, Any]) -> str:
    bounds = [f"{key} {schema[key]}" for key in ("minimum", "maximum", "minLength", "maxLength") if key in schema]
    must = "必填 / required" if is_required else ""
    about = "; ".join(part for part in (must, *bounds, str(schema.get("description") or "")) if part)
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td><td>{escape(about)}</td></tr>"


def _table(title: str, rows: list[str]) -> str:
    return f'<table><tr><th colspan="3">{escape(title)}</th></tr>{"".join(rows)}</table>'
