"""What a JSON route takes, answers and refuses, said beside its code for `/openapi.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask

from gallery.refusals import Code

Schema = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])

TEXT: Schema = {"type": "string"}
FRACTION: Schema = {"type": "number", "minimum": 0, "maximum": 1}


@dataclass(frozen=True, slots=True)
class Parameter:
    """`repeats` where it may be given several times; `schema` is then that of each value."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: TEXT)
    repeats: int = 0


PHOTO = Parameter(
    "image",
    "A photo, as a file.",
    {"type": "string", "contentMediaType": "application/octet-stream"},
)


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` is a type that pydantic can describe.

    `path` has a description for each part of the address that varies. `has_facets`
    adds every facet of the index to `query`. What is POSTed has the same parameters,
    and in a multipart form those of `form` besides; without any of the former it is
    such a form.
    """

    answer: Any
    path: Mapping[str, str] = field(default_factory=dict)
    query: tuple[Parameter, ...] = ()
    has_facets: bool = False
    form: tuple[Parameter, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    refuses: tuple[Code, ...] = ()


_OPERATIONS: dict[Callable[..., Any], Operation] = {}


def answers(operation: Operation) -> Callable[[View], View]:
    """Mark a view as one that answers JSON, its errors included."""

    def mark(view: View) -> View:
        _OPERATIONS[view] = operation
        return view

    return mark


def operation_of(app: Flask, endpoint: str) -> Operation | None:
    """What a route answers; None where that is no JSON."""
    return _OPERATIONS.get(app.view_functions[endpoint])
