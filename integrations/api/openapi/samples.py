"""How an operation is called: by curl, and by the official SDK for Python and TypeScript."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from integrations.api.caller import HEADER
from integrations.api.openapi.failures import names_tenant
from integrations.api.openapi.inputs import PATHS, TENANT, names_in
from integrations.api.openapi.operations import Operation
from integrations.api.openapi.shapes import ID, Schema
from integrations.api.routing import ApiRoute

KEY = "relais_..."
# What the SDK for Python calls otherwise than the API does.
_NAMES = {"type": "type_"}


def samples_of(server: str, path: str, route: ApiRoute, operation: Operation) -> list[Schema]:
    """The examples, as `x-codeSamples` has them."""
    found = [("Shell", "curl", _curl(server, path, route, operation))]
    if operation.sdk:
        found.append(("Python", "Python", _python(server, route, operation)))
        found.append(("TypeScript", "TypeScript", _typescript(server, route, operation)))
    return [{"lang": lang, "label": label, "source": source} for lang, label, source in found]


def _in_path(route: ApiRoute) -> dict[str, str]:
    return {name: PATHS.get(name, ("", ID, {}))[1] for name in names_in(route)}


def _curl(server: str, path: str, route: ApiRoute, operation: Operation) -> str:
    address = server + path
    for name, value in _in_path(route).items():
        address = address.replace("{" + name + "}", value)
    if operation.sample_query:
        values = {
            name: ",".join(value) if isinstance(value, list) else value
            for name, value in operation.sample_query.items()
        }
        address += "?" + urlencode(values, safe=",")
    if operation.public:
        return f"curl --output cv.pdf {shlex.quote(address)}"
    parts = [f"curl {shlex.quote(address)}"]
    if route.method != "GET":
        parts[0] = f"curl -X {route.method} {shlex.quote(address)}"
    parts.append(f"-H 'Authorization: Bearer {KEY}'")
    if names_tenant(route):
        parts.append(f"-H '{HEADER}: {TENANT}'")
    if operation.sample is not None:
        parts.append("-H 'Content-Type: application/json'")
        body = json.dumps(operation.sample, indent=2, ensure_ascii=False)
        parts.append(f"-d {shlex.quote(body)}")
    return " \\\n  ".join(parts)


def _python(server: str, route: ApiRoute, operation: Operation) -> str:
    named = {**_in_path(route), **operation.sample_query, **(operation.sample or {})}
    if route.method == "DELETE" and not operation.sample:
        named["body"] = {}
    given = {operation.sdk_names.get(name, _NAMES.get(name, name)): v for name, v in named.items()}
    arguments = [f"{name}={_literal(value, 2)}" for name, value in given.items()]
    one_line = f"kombo.{operation.sdk}({', '.join(arguments)})"
    if len(one_line) > 70 or "\n" in one_line:
        inside = "".join(f"        {argument},\n" for argument in arguments)
        one_line = f"kombo.{operation.sdk}(\n{inside}    )"
    lines = ["from kombo import Kombo", "", "with Kombo(", f'    api_key="{KEY}",']
    if names_tenant(route):
        lines.append(f'    integration_id="{TENANT}",')
    lines += [f'    server_url="{server}",', ") as kombo:"]
    if operation.is_list:
        lines += [
            f"    page = {one_line}",
            "    while page is not None:",
            "        for record in page.result.data.results:",
            "            print(record.id)",
            "        page = page.next()",
        ]
    elif operation.data is None:
        lines.append(f"    {one_line}")
    else:
        lines += [f"    answer = {one_line}", "    print(answer.data)"]
    return "\n".join(lines)


def _literal(value: Any, depth: int) -> str:
    """Python source of JSON, broken into lines where it is long."""
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list):
        return repr(value) if not isinstance(value, str) else short
    plain = _source(value)
    if len(plain) <= 60:
        return plain
    pad, end = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict):
        inside = [f'"{name}": {_literal(part, depth + 1)}' for name, part in value.items()]
        return "{\n" + "".join(f"{pad}{one},\n" for one in inside) + end + "}"
    return "[\n" + "".join(f"{pad}{_literal(one, depth + 1)},\n" for one in value) + end + "]"


def _source(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f'"{name}": {_source(part)}' for name, part in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_source(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _typescript(server: str, route: ApiRoute, operation: Operation) -> str:
    call = _camel(operation.sdk)
    path = {operation.sdk_names.get(n, n): value for n, value in _in_path(route).items()}
    asked: dict[str, Any] = {**path, **operation.sample_query}
    if operation.sample is not None or route.method == "DELETE":
        body = dict(operation.sample or {})
        asked = {**asked, "body": body} if asked else body
    given = _object(asked) if asked else ""
    lines = ['import { Kombo } from "@kombo-api/sdk";', "", "const kombo = new Kombo({"]
    lines.append(f'  api_key: "{KEY}",')
    if names_tenant(route):
        lines.append(f'  integration_id: "{TENANT}",')
    lines += [f'  server_url: "{server}",', "});", ""]
    if operation.is_list:
        lines += [
            f"const pages = await kombo.{call}({given});",
            "for await (const page of pages) {",
            "  console.log(page.result.data.results);",
            "}",
        ]
    elif operation.data is None:
        lines.append(f"await kombo.{call}({given});")
    else:
        lines += [f"const answer = await kombo.{call}({given});", "console.log(answer.data);"]
    return "\n".join(lines)


def _camel(name: str) -> str:
    words = name.split("_")
    return words[0] + "".join(word.title() for word in words[1:])


def _object(value: Any, depth: int = 0) -> str:
    """TypeScript source of JSON: keys without quotes."""
    pad, end = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict):
        if not value:
            return "{}"
        inside = [f"{name}: {_object(part, depth + 1)}" for name, part in value.items()]
        short = "{ " + ", ".join(inside) + " }"
        if len(short) <= 60 and "\n" not in short:
            return short
        return "{\n" + "".join(f"{pad}{one},\n" for one in inside) + end + "}"
    if isinstance(value, list):
        inside = [_object(one, depth + 1) for one in value]
        short = "[" + ", ".join(inside) + "]"
        if len(short) <= 60 and "\n" not in short:
            return short
        return "[\n" + "".join(f"{pad}{one},\n" for one in inside) + end + "]"
    return json.dumps(value, ensure_ascii=False)
