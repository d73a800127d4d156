"""Checks requests against Discord's own description of its API (OpenAPI 3.1, `openapi.json`).

The description's unions are told apart by their `type` field before they are checked: that is fast, and a
fault is reported for the one variant that was meant instead of for all of them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bot.sandbox.discord.deviations import BODY_DEVIATIONS, BOOLEAN_WORDS
from bot.sandbox.discord.wire import JsonObject, as_object

_URI = "urn:discord-openapi"
_SHOWN_CHARS = 160
_MAX_SHOWN = 8
_FAULTLESS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Union:
    """A `oneOf`/`anyOf` made ready: plain constants, variants by the number of their `type`, the rest."""

    by_type: Mapping[int, JsonObject]
    others: tuple[JsonObject, ...]
    nullable: bool
    constants: tuple[object, ...] | None


class Specification:
    """The description, with validators that are built once for each operation."""

    def __init__(self, document: JsonObject) -> None:
        self._paths: dict[str, JsonObject] = document["paths"]
        self._schemas: dict[str, JsonObject] = document["components"]["schemas"]
        resource: Resource[Any] = Resource(contents=document, specification=DRAFT202012)
        empty: Registry[Any] = Registry()
        self._registry = empty.with_resource(_URI, resource)
        self._unions: dict[int, _Union] = {}
        self._validators: dict[tuple[str, str, str], Any] = {}
        self._faultless: set[tuple[str, str, str, bytes]] = set()
        """Bodies that were checked, by their digests: every start of a bot registers the same commands."""
        self._class: Any = validators.extend(  # pyright: ignore[reportUnknownMemberType]  # untyped library
            Draft202012Validator, {"oneOf": self._check_union, "anyOf": self._check_union}
        )

    @classmethod
    def load(cls, path: Path) -> "Specification":
        """Read the description. Raises `OSError` or `ValueError` when that is not possible."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def knows(self, method: str, route: str) -> bool:
        """True if the API has this operation."""
        return method.lower() in self._paths.get(route, {})

    def check_query(self, method: str, route: str, query: Mapping[str, str]) -> list[str]:
        """The faults of the query of a request, one text a fault."""
        item = self._paths[route]
        declared = {
            parameter["name"]: parameter.get("schema", {})
            for parameter in (*item.get("parameters", ()), *item[method.lower()].get("parameters", ()))
            if parameter.get("in") == "query"
        }
        faults: list[str] = []
        for name, value in query.items():
            schema = declared.get(name)
            if schema is None:
                faults.append(f"query: there is no parameter {name!r}")
            elif schema.get("type") == "boolean" and value.lower() not in BOOLEAN_WORDS:
                faults.append(f"query.{name}: {value!r} is not a boolean")
            elif schema.get("$ref", "").endswith("SnowflakeType") and not value.isdigit():
                faults.append(f"query.{name}: {value!r} is not an id")
        return faults

    def check_body(self, method: str, route: str, content_type: str, payload: object) -> list[str]:
        """The faults of the JSON part of a body, one text a fault."""
        operation = self._paths[route][method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return [] if payload is None else ["body: this operation takes none"]
        if content_type not in content:
            return [f"body: content type {content_type!r} is none of {', '.join(content)}"]
        body = (method, route, content_type, hashlib.sha256(json.dumps(payload).encode()).digest())
        if body in self._faultless:
            return []
        validator = self._validator(method, route, content_type)
        faults = [_text(error) for error in validator.iter_errors(payload) if not _known(error)]
        if not faults and len(self._faultless) < _FAULTLESS_MAX:
            self._faultless.add(body)
        return faults[:_MAX_SHOWN]

    def _validator(self, method: str, route: str, content_type: str) -> Any:  # noqa: ANN401  # untyped library
        key = (method, route, content_type)
        if key not in self._validators:
            names = ("paths", route, method.lower(), "requestBody", "content", content_type, "schema")
            pointer = "/".join(name.replace("~", "~0").replace("/", "~1") for name in names)
            schema = {"$ref": f"{_URI}#/{pointer.replace('{', '%7B').replace('}', '%7D')}"}
            self._validators[key] = self._class(schema, registry=self._registry)
        return self._validators[key]

    def _variant_types(self, schema: JsonObject) -> list[int]:
        ref = schema.get("$ref", "")
        resolved = self._schemas.get(ref.rsplit("/", 1)[-1], {}) if ref else schema
        found = resolved.get("properties", {}).get("type", {}).get("enum", [])
        return [value for value in found if isinstance(value, int)]

    def _union(self, variants: list[JsonObject]) -> _Union:
        union = self._unions.get(id(variants))
        if union is None:
            by_type: dict[int, JsonObject] = {}
            others: list[JsonObject] = []
            for variant in variants:
                numbers = self._variant_types(variant)
                by_type.update(dict.fromkeys(numbers, variant))
                if not numbers and variant != {"type": "null"}:
                    others.append(variant)
            constants = tuple(variant["const"] for variant in variants if "const" in variant)
            union = _Union(
                by_type,
                tuple(others),
                {"type": "null"} in variants,
                constants if len(constants) == len(variants) else None,
            )
            self._unions[id(variants)] = union  # the document outlives us, so its ids are stable
        return union

    def _check_union(
        self,
        validator: Any,  # noqa: ANN401  # untyped library
        variants: list[JsonObject],
        instance: object,
        _schema: object,
    ) -> Iterator[ValidationError]:
        union = self._union(variants)
        if instance is None and union.nullable:
            return
        if union.constants is not None:
            if instance not in union.constants:
                yield ValidationError(f"{_short(instance)} is none of {list(union.constants)}")
            return
        node = as_object(instance)
        if union.by_type and node is not None:
            chosen = union.by_type.get(node.get("type", -1))
            if chosen is not None:
                yield from validator.descend(instance, chosen)
                return
            if not union.others:
                yield ValidationError(f"type {node.get('type')!r} is none of {sorted(union.by_type)}")
                return
        if len(union.others) == 1:
            yield from validator.descend(instance, union.others[0])
            return
        closest: list[ValidationError] | None = None
        for variant in union.others:
            faults = [e for e in validator.evolve(schema=variant).iter_errors(instance) if not _known(e)]
            if not faults:
                return
            closest = faults if closest is None or len(faults) < len(closest) else closest
        yield from closest or [ValidationError(f"{_short(instance)} fits no variant")]


def _known(error: ValidationError) -> bool:
    """True if the fault is one of the deviations the API puts up with."""
    path = ".".join("*" if isinstance(part, int) else str(part) for part in error.absolute_path)
    return any(deviation.covers(path, str(error.validator), error.instance) for deviation in BODY_DEVIATIONS)


def _text(error: ValidationError) -> str:
    path = ".".join(str(part) for part in error.absolute_path) or "body"
    message = error.message if len(error.message) <= _SHOWN_CHARS else f"…{error.message[-_SHOWN_CHARS:]}"
    return f"{path}: {message}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS // 2 else f"{text[: _SHOWN_CHARS // 2]}…"
