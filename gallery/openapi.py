"""`/openapi.json`: the JSON routes of an app as an OpenAPI document, made from the code."""

from __future__ import annotations

import functools
import inspect
import json
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from werkzeug.routing import Rule

from gallery.addresses import facet_names
from gallery.answers import Error
from gallery.operations import TEXT, Operation, Parameter, Schema, operation_of
from gallery.refusals import STATUSES, Code
from vitrine.products import Facet
from vitrine.snapshot import Snapshot

VERSION = "3.1.0"
API_VERSION = "1"
SCHEMAS = "#/components/schemas/"
METHODS = ("GET", "POST")
EXAMPLE_PHOTO = "photo.jpg"

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

DESCRIPTION = """Products that look alike, by the contents of their photos.

Every error has the shape of `Error`, also of an address that does not exist, where the request \
accepts JSON. Words for people, such as labels, are in the language of `Accept-Language`."""

WHEN: dict[Code, str] = {
    Code.BAD_JSON: "The body is no JSON object, or a value is no text, number or list of them.",
    Code.BAD_K: "`k` is no whole number within its bounds, or is given twice.",
    Code.BAD_SCORE: "`score` is none of those there are, or is given twice.",
    Code.BAD_COLOUR: "`colour` is no number from 0 to 1, `hex` no colour, or there is none to "
    "compare with.",
    Code.NO_QUERY: "None of `id`, `image_path`, `text` and `image` is given.",
    Code.SEVERAL_QUERIES: "More than one of `id`, `image_path`, `text` and `image` is given.",
    Code.UNKNOWN_PARAMETER: "There is no such parameter, nor such a facet; the words name all.",
    Code.BAD_REQUEST: "The request cannot be read, or has too many examples or too long a text.",
    Code.BAD_CROP: "The part to search with is not within an uploaded photo, or is too small.",
    Code.URL_NOT_IN_CATALOGUE: "No product has its photo at this URL, and others are not fetched.",
    Code.URL_NOT_FETCHED: "The photo at this URL could not be had.",
    Code.NO_TEXT_HALF: "The index was made by an encoder that reads no words.",
    Code.UNKNOWN_PRODUCT: "No product has this id.",
    Code.NO_PHOTO: "The product is there, but its photo could not be had.",
    Code.NO_MAP: "The indexer has made no map of these products.",
    Code.NOT_FOUND: "There is nothing at this address, or no longer.",
    Code.METHOD_NOT_ALLOWED: "The address takes another method; `Allow` names it.",
    Code.TOO_LARGE: "The request or its photo is too large.",
    Code.EMPTY: "The photo has no bytes.",
    Code.TRUNCATED: "The photo is damaged or cut short.",
    Code.NOT_AN_IMAGE: "The file is no photo.",
    Code.UNSUPPORTED_FORMAT: "The photo is of a kind that cannot be read.",
    Code.HEIC: "The photo is a HEIC file, which cannot be read.",
    Code.TOO_MANY_PIXELS: "The photo has too many pixels.",
    Code.UNDECODABLE: "The photo takes too much time or memory to decode.",
    Code.TOO_MANY_SEARCHES: "Too many searches a minute run the encoder; `Retry-After` says when "
    "there is room for another.",
    Code.SERVER_ERROR: "A fault of the gallery's own.",
    Code.NO_INDEX: "Nothing is published yet.",
    Code.INDEX_UNREACHABLE: "The database that has the vectors does not answer; `Retry-After` says "
    "when to come back.",
    Code.ENCODER_MISMATCH: "The index was made by another version of the encoder.",
    Code.ENCODER_UNAVAILABLE: "The encoder cannot be loaded.",
    Code.BUSY: "Too many searches wait for the encoder; `Retry-After` says when to come back.",
}
FACET = "Only products with this fact; given several times, any of them will do."
ANYWHERE = (Code.BAD_REQUEST, Code.SERVER_ERROR)
OF_A_BODY = (Code.TOO_LARGE,)


@dataclass(frozen=True, slots=True)
class _Route:
    """A JSON route of the app, by one of its methods."""

    path: str
    method: str
    endpoint: str
    operation: Operation
    docstring: str


@dataclass(frozen=True, slots=True)
class _Index:
    """What of the index is in the document: its facets, and examples of parameters by name."""

    facets: Sequence[Facet]
    examples: Mapping[str, str]


class _Untitled(GenerateJsonSchema):
    """Fields without titles, which would only say their names again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def document(app: Flask, server: str, snapshot: Snapshot | None) -> Schema:
    """The app's JSON routes, at the address `server`, with the facets of a snapshot."""
    index = _index(snapshot)
    routes = list(_routes(app))
    answers = tuple((route.endpoint, route.operation.answer) for route in routes)
    schemas, definitions = _schemas(answers)
    paths: Schema = defaultdict(dict)
    for route in routes:
        described = _operation(route, index, schemas[route.endpoint])
        described["x-codeSamples"] = [
            {"lang": "Shell", "source": sample} for sample in _samples(route, server, index)
        ]
        paths[route.path][route.method.lower()] = described
    return {
        "openapi": VERSION,
        "info": {"title": "Vitrine", "version": API_VERSION, "description": DESCRIPTION},
        "servers": [{"url": server}],
        "paths": dict(paths),
        "components": {
            "schemas": definitions,
            "parameters": {
                _key(number): _facet_parameter(facet) for number, facet in enumerate(index.facets)
            },
        },
    }


def _routes(app: Flask) -> Iterator[_Route]:
    """By GET before POST, in the order of their registration."""
    for rule in app.url_map.iter_rules():
        operation = operation_of(app, rule.endpoint)
        if operation is None:
            continue
        docstring = inspect.getdoc(app.view_functions[rule.endpoint]) or ""
        for method in METHODS:
            if method in (rule.methods or ()):
                yield _Route(_template(rule), method, rule.endpoint, operation, docstring)


def _template(rule: Rule) -> str:
    """`/item/<product_id:name>` → `/item/{name}`."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule)


def _index(snapshot: Snapshot | None) -> _Index:
    if snapshot is None:
        return _Index((), {"k": "3"})
    names = facet_names(snapshot)
    facets = [facet for facet in snapshot.products.facets if facet.name in names]
    an_id = snapshot.ids[0]
    examples = {"id": an_id, "product_id": an_id, "k": "3"}
    return _Index(facets, examples | ({"name": facets[0].name} if facets else {}))


@functools.cache
def _schemas(answers: tuple[tuple[str, Any], ...]) -> tuple[dict[str, Schema], Schema]:
    """The schema of each endpoint's answer, and all that these refer to by name."""
    wanted = [*answers, ("error", Error)]
    found, shared = TypeAdapter.json_schemas(
        [(endpoint, "serialization", TypeAdapter(answer)) for endpoint, answer in wanted],
        ref_template=SCHEMAS + "{model}",
        schema_generator=_Untitled,
    )
    definitions: Schema = shared["$defs"]
    for definition in definitions.values():
        definition.pop("title", None)
    definitions["Code"]["description"] = _meanings(list(Code), with_status=True)
    return {endpoint: schema for (endpoint, _), schema in found.items()}, definitions


def _operation(route: _Route, index: _Index, answer: Schema) -> Schema:
    operation = route.operation
    summary, _, description = route.docstring.partition("\n\n")
    name = route.endpoint.rpartition(".")[2]
    described: Schema = {
        "operationId": name if route.method == "GET" else f"{route.method.lower()}_{name}",
        "summary": " ".join(summary.split()),
        "description": " ".join(description.split()),
        "parameters": [_path_parameter(*part, index) for part in operation.path.items()],
    }
    if route.method == "GET":
        described["parameters"] += [_query_parameter(p, index) for p in operation.query]
        if operation.has_facets:
            references = [f"#/components/parameters/{_key(n)}" for n in range(len(index.facets))]
            described["parameters"] += [{"$ref": reference} for reference in references]
    else:
        described["requestBody"] = _body(operation, index)
    described["responses"] = {
        "200": {
            "description": described["summary"],
            "headers": {
                header: {"description": words, "schema": TEXT}
                for header, words in operation.headers.items()
            },
            "content": {JSON: {"schema": answer}},
        },
        **_errors(operation, has_body=route.method != "GET"),
    }
    return described


def _path_parameter(name: str, description: str, index: _Index) -> Schema:
    described = {"name": name, "in": "path", "required": True, "description": description}
    return described | {"schema": TEXT} | _example(name, index)


def _query_parameter(parameter: Parameter, index: _Index) -> Schema:
    described: Schema = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": _repeated(parameter, parameter.schema),
    }
    return described | _example(parameter.name, index)


def _facet_parameter(facet: Facet) -> Schema:
    return {
        "name": facet.name,
        "in": "query",
        "description": FACET,
        "schema": {"type": "array", "items": TEXT},
        "example": list(facet.values[:1]),
    }


def _example(name: str, index: _Index) -> Schema:
    return {"example": index.examples[name]} if name in index.examples else {}


def _key(number: int) -> str:
    """A facet's name may have any characters, and this may not."""
    return f"facet-{number + 1}"


def _repeated(parameter: Parameter, schema: Schema) -> Schema:
    if not parameter.repeats:
        return schema
    return {"type": "array", "items": schema, "maxItems": parameter.repeats}


def _body(operation: Operation, index: _Index) -> Schema:
    """The parameters as JSON, where a single value needs no list around it, or as a form."""
    of_json, of_forms = {}, {}
    for p in operation.query:
        alone = _of_json(p.schema)
        alone = {"anyOf": [alone, _repeated(p, alone)]} if p.repeats else alone
        of_json[p.name] = {"description": p.description, **alone}
        of_forms[p.name] = {"description": p.description, **_repeated(p, p.schema)}
    for facet in index.facets if operation.has_facets else ():
        alone = _of_json(TEXT)
        several = {"type": "array", "items": alone}
        of_json[facet.name] = {"description": FACET, "anyOf": [alone, several]}
        of_forms[facet.name] = {"description": FACET, "type": "array", "items": TEXT}
    of_files = {p.name: {"description": p.description, **p.schema} for p in operation.form}
    if not of_json:
        form = {"type": "object", "properties": of_files, "required": list(of_files)}
        return {"content": {MULTIPART: {"schema": form}}, "required": True}
    return {
        "description": "All of it may be in the query string instead.",
        "content": {
            JSON: {"schema": _nothing_but(of_json)},
            FORM: {"schema": _nothing_but(of_forms)},
            MULTIPART: {"schema": _nothing_but(of_forms | of_files)},
        },
    }


def _nothing_but(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _of_json(schema: Schema) -> Schema:
    """A number may be written for a text: ids often are numbers."""
    return {**schema, "type": ["string", "number"]} if schema == TEXT else schema


def _errors(operation: Operation, *, has_body: bool) -> Schema:
    codes = [*operation.refuses, *ANYWHERE, *(OF_A_BODY if has_body else ())]
    by_status = defaultdict(list)
    for code in Code:
        if code in codes:
            by_status[STATUSES[code]].append(code)
    return {
        str(status): {
            "description": _meanings(found),
            "content": {
                JSON: {
                    "schema": {
                        "$ref": f"{SCHEMAS}Error",
                        "properties": {"code": {"enum": found}, "status": {"const": status}},
                    }
                }
            },
        }
        for status, found in sorted(by_status.items())
    }


def _meanings(codes: Sequence[Code], *, with_status: bool = False) -> str:
    """A paragraph for each code."""
    return "\n\n".join(
        f"`{code}`{f' ({STATUSES[code]})' if with_status else ''}: {WHEN[code]}" for code in codes
    )


def _samples(route: _Route, server: str, index: _Index) -> Iterator[str]:
    """Commands to try; none where the address has a part of which there is no example."""
    operation, examples = route.operation, index.examples
    if not set(operation.path) <= set(examples):
        return
    filled = re.sub(r"{(\w+)}", lambda part: quote(examples[part[1]], safe=""), route.path)
    url = server + filled
    if route.method == "POST":
        if "id" in examples and any(p.name == "id" for p in operation.query):
            body = json.dumps({"id": examples["id"]}, ensure_ascii=False)
            yield shlex.join(["curl", "-H", f"Content-Type: {JSON}", "-d", body, url])
        yield shlex.join(["curl", "-F", f"image=@{EXAMPLE_PHOTO}", url])
        return
    query = [(p.name, examples[p.name]) for p in operation.query if p.name in examples]
    if any(p.name == "id" for p in operation.query) and "id" not in examples:
        return
    yield _get(url, query)
    if operation.has_facets and index.facets:
        facet = index.facets[-1]
        yield _get(url, [*query, (facet.name, facet.values[0])])


def _get(url: str, query: Sequence[tuple[str, str]]) -> str:
    # Quoted always: an address without & may get one.
    return "curl " + _quoted(f"{url}?{urlencode(query)}" if query else url)


def _quoted(text: str) -> str:
    return shlex.quote(text) if shlex.quote(text) != text else f"'{text}'"
