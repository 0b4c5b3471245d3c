"""The contracts mean the same to everybody who reads them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from server.contracts.registry import FOLDER, check_dialect, load_contracts
from server.errors import AppError
from server.policy import POLICY, roles_for

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(__file__).parent / "examples/shapes.json"
CONTRACTS = load_contracts()


def _examples() -> list[dict[str, Any]]:
    examples: list[dict[str, Any]] = json.loads(EXAMPLES.read_text("utf-8"))
    return examples


def _accepts(shape: str, value: object) -> bool:
    try:
        CONTRACTS.validate(shape, value)
    except AppError as refusal:
        assert refusal.code == "bad_request"
        return False
    return True


@pytest.mark.parametrize("example", _examples(), ids=lambda e: f"{e['shape']}-{e['valid']}")
def test_python_judges_each_example_as_written(example: dict[str, Any]) -> None:
    assert _accepts(example["shape"], example["value"]) is example["valid"]


def test_javascript_judges_each_example_as_python_does() -> None:
    judge = ["node", str(Path(__file__).parent / "judge.mjs"), str(FOLDER), str(EXAMPLES)]
    if not _node_on_path():
        judge = [str(ROOT / "tools/node.sh"), *judge]
    printed = subprocess.run(judge, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert json.loads(printed) == [example["valid"] for example in _examples()]


def _node_on_path() -> bool:
    return subprocess.run(["sh", "-c", "command -v node"], capture_output=True, check=False).returncode == 0


def test_every_contract_is_a_json_schema_and_one_that_is_not_is_found(tmp_path: Path) -> None:
    check_dialect(CONTRACTS)
    for path in FOLDER.glob("*.json"):
        (tmp_path / path.name).write_text(
            path.read_text("utf-8").replace('"type": "object"', '"type": "objekt"'), "utf-8"
        )
    with pytest.raises(jsonschema.SchemaError):
        check_dialect(load_contracts(tmp_path))


def test_a_whole_number_reaches_handlers_as_one_however_it_was_written() -> None:
    answer = {"surveyId": "s", "version": 2.0, "runId": "run-00000001", "answers": {"q": {"score": 1e1}}, "done": True}
    told = {"kind": "event", "value": 3.0, "data": {"inside": [1.0, 1.5, 1e300]}}
    for shape, value in (("SurveyAnswerGiven", answer), ("VisitSignal", told)):
        CONTRACTS.validate(shape, value)

    assert json.dumps([answer["version"], answer["answers"]]) == '[2, {"q": {"score": 10}}]'
    assert json.dumps([told["value"], told["data"]]) == '[3, {"inside": [1, 1.5, 1e+300]}]'


def test_every_whole_number_from_outside_has_a_limit_that_a_double_can_count() -> None:
    asked = {ask["payload"] for space in CONTRACTS.manifest["namespaces"].values() for ask in space["asks"].values()}
    for name in sorted(asked):
        for path, shape in _parts(CONTRACTS.shapes[name], name):
            if "integer" in str(shape.get("type")):
                assert shape.get("maximum", 2**60) < 2**53, path


def _parts(shape: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every schema inside a schema, also what it refers to."""
    if isinstance(shape, list):
        for part in shape:
            yield from _parts(part, path)
    elif isinstance(shape, dict):
        yield path, shape
        if "$ref" in shape:
            name = shape["$ref"].rpartition("/")[2]
            yield from _parts(CONTRACTS.shapes[name], f"{path} {name}")
        for key, part in shape.items():
            yield from _parts(part, f"{path}/{key}")


def test_the_generated_files_are_fresh() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "server.contracts.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert check.returncode == 0, check.stderr


def test_a_refusal_never_repeats_the_value() -> None:
    with pytest.raises(AppError) as refusal:
        CONTRACTS.validate("VisitorChatSend", {"clientMessageId": "12345678", "text": ["needle"]})

    assert "needle" not in json.dumps(refusal.value.details)


def test_every_shape_the_manifest_names_exists() -> None:
    for space in CONTRACTS.manifest["namespaces"].values():
        names = [space["auth"]]
        for ask in space["asks"].values():
            names += [ask["payload"], ask["reply"]]
        names += [tell["payload"] for tell in space["tells"].values()]
        assert [name for name in names if name not in CONTRACTS.shapes] == []


def test_every_object_from_outside_refuses_unknown_fields() -> None:
    for space in CONTRACTS.manifest["namespaces"].values():
        for ask in space["asks"].values():
            assert CONTRACTS.shapes[ask["payload"]]["additionalProperties"] is False, ask["payload"]


def test_every_event_stands_in_the_policy_table_and_every_row_is_an_event_or_a_route() -> None:
    events = {
        f"{namespace} {event}"
        for namespace, space in CONTRACTS.manifest["namespaces"].items()
        for event in space["asks"]
    }
    listed = {key for key in POLICY if key.startswith("/")}

    assert listed == events
    assert roles_for("GET /nowhere") is None
