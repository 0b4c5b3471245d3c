"""The quick check and jsonschema never disagree on what is accepted."""

from __future__ import annotations

import copy
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from server.contracts.fast import compile_shape, never
from server.contracts.registry import load_contracts

CONTRACTS = load_contracts()
FILE_OF = {name: file for file, content in CONTRACTS.files.items() for name in content["$defs"]}
ODD: list[Any] = [None, True, False, 0, 1, -1, 1.0, 1.5, 2**60, "", "a", "ab\n", "a" * 5000, "é", [], [None], {}]
ODD += [{"$gt": ""}, {"a": 1}]
TEXTS = ["abcdefgh", "RU", "#00ff00", "2026-03-01", "09:30", "https://shop.example", "7", "EUR"]
# Trees and choices of several shapes; nothing of them is on the path of a message or a signal.
RULES = {"RuleAction", "RuleCondition", "RuleContent", "RuleCreate", "RuleEvent", "RuleEventDatum", "RuleGroup"}
RULES |= {"RuleList", "RuleNot", "RuleOutside", "RulePreview", "RuleReply", "RuleSave", "RuleTemplate", "RuleTemplates"}
RULES |= {"RuleVersion", "RuleVersions", "TriggerRule", "PreviewEvent", "PreviewFacts", "InvitationShow"}
LEFT_TO_JSONSCHEMA = {"CallbackRequest"} | RULES


def resolve(file_name: str, shape: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    while "$ref" in shape:
        other, _, pointer = shape["$ref"].partition("#/")
        file_name = other or file_name
        shape = CONTRACTS.files[file_name]
        for step in pointer.split("/"):
            shape = shape[step]
    return file_name, shape


def example(file_name: str, shape: dict[str, Any], chance: random.Random) -> Any:
    """Make a value that probably matches."""
    file_name, shape = resolve(file_name, shape)
    if "oneOf" in shape:
        return example(file_name, chance.choice(shape["oneOf"]), chance)
    if "enum" in shape:
        return chance.choice(shape["enum"])
    kind = shape.get("type")
    if isinstance(kind, list):
        kind = chance.choice(kind)
    if kind == "object":
        names = [
            name for name in shape.get("properties", {}) if name in shape.get("required", ()) or chance.random() < 0.5
        ]
        made = {name: example(file_name, shape["properties"][name], chance) for name in names}
        if isinstance(shape.get("additionalProperties"), dict):  # a map
            keys = {example(file_name, shape["propertyNames"], chance) for _ in range(chance.randrange(4))}
            made |= {key: example(file_name, shape["additionalProperties"], chance) for key in keys}
        return made
    if kind == "array":
        count = min(chance.randrange(3), shape.get("maxItems", 3))
        return [example(file_name, shape.get("items", {}), chance) for _ in range(count)]
    if kind == "integer":
        return chance.choice([shape.get("minimum", 0), shape.get("maximum", 99), 7])
    if kind == "string":
        fits = [text for text in TEXTS if re.search(shape.get("pattern", ""), text)]
        return chance.choice(fits)
    return {"boolean": chance.random() < 0.5, "null": None}.get(str(kind))


def spoilt(value: Any, chance: random.Random) -> Any:
    """Change one thing somewhere in the value."""
    value = copy.deepcopy(value)
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        change = chance.random()
        if change < 0.2:
            del value[name]
        elif change < 0.3:
            value["surprise"] = 1
        elif change < 0.4:
            value["a name"] = value.pop(name)
        else:
            value[name] = spoilt(value[name], chance)
        return value
    if isinstance(value, list) and value and chance.random() < 0.6:
        return [*value[1:], spoilt(value[0], chance)]
    return chance.choice(ODD)


@pytest.mark.parametrize("name", sorted(CONTRACTS.shapes))
def test_what_is_accepted_quickly_is_accepted_by_jsonschema(name: str) -> None:
    chance = random.Random(name)
    quick = compile_shape(CONTRACTS.files, FILE_OF[name], CONTRACTS.shapes[name])
    thorough = CONTRACTS._validators[name].is_valid
    both = 0
    for _ in range(60):
        good = example(FILE_OF[name], CONTRACTS.shapes[name], chance)
        for value in (good, spoilt(good, chance), spoilt(good, chance)):
            if quick(value):
                assert thorough(value), (name, value)
                both += 1
    for value in ODD:
        if quick(value):
            assert thorough(value), (name, value)
    if name not in LEFT_TO_JSONSCHEMA:
        assert quick is not never
        assert both > 0


def test_no_recorded_example_that_is_wrong_is_accepted() -> None:
    for case in json.loads(Path("tests/contracts/examples/shapes.json").read_text("utf-8")):
        name = case["shape"]
        quick = compile_shape(CONTRACTS.files, FILE_OF[name], CONTRACTS.shapes[name])
        assert case["valid"] or not quick(case["value"]), case


def test_an_unusual_schema_is_left_to_jsonschema() -> None:
    unusual: list[dict[str, Any]] = [
        {"type": "number"},
        {"type": "object", "patternProperties": {}},
        {"type": ["string", "integer"]},
        {"type": "string", "pattern": "a$"},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"const": 1},
    ]
    for shape in unusual:
        assert compile_shape({}, "", shape) is never
