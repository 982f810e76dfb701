"""SARIF as the standard has it: the properties that we use, and no other (OASIS SARIF 2.1.0, appendix on the schema)."""

import json
import re
from urllib.parse import urlsplit

import jsonschema

from advisor.reports import sarif

MESSAGE = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {"text": {"type": "string", "minLength": 1}},
}
RULE = {
    "type": "object", "required": ["id"], "additionalProperties": False,
    "properties": {"id": {"type": "string"}, "shortDescription": MESSAGE, "fullDescription": MESSAGE, "help": MESSAGE},
}  # fmt: skip
LOCATION = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object", "required": ["artifactLocation"], "additionalProperties": False,
            "properties": {
                "artifactLocation": {"type": "object", "additionalProperties": False, "properties": {"uri": {"type": "string", "format": "uri-reference"}}},
                "region": {"type": "object", "additionalProperties": False, "properties": {"startLine": {"type": "integer", "minimum": 1}}},
            },
        },
        "logicalLocations": {
            "type": "array", "uniqueItems": True,
            "items": {"type": "object", "additionalProperties": False, "properties": {"name": {"type": "string"}, "kind": {"type": "string"}}},
        },
    },
}  # fmt: skip
RESULT = {
    "type": "object", "required": ["message"], "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"}, "level": {"enum": ["none", "note", "warning", "error"]}, "message": MESSAGE,
        "locations": {"type": "array", "items": LOCATION},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}}, "properties": {"type": "object"},
    },
}  # fmt: skip
LOG = {
    "type": "object", "required": ["version", "runs"], "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {
            "type": "object", "required": ["tool"], "additionalProperties": False,
            "properties": {
                "tool": {"type": "object", "required": ["driver"], "additionalProperties": False, "properties": {"driver": {
                    "type": "object", "required": ["name"], "additionalProperties": False,
                    "properties": {"name": {"type": "string"}, "version": {"type": "string"}, "rules": {"type": "array", "uniqueItems": True, "items": RULE}},
                }}},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]}, "results": {"type": "array", "items": RESULT},
            },
        }},
    },
}  # fmt: skip


def rendered(result):
    document = json.loads(sarif.render(result.findings, "input", "1.2.3"))
    jsonschema.Draft7Validator(LOG).validate(document)
    return document["runs"][0]


def test_structure(shop, hostile):
    for result in (shop, hostile):
        run = rendered(result)
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(rules) == len(set(rules))
        assert {one["ruleId"] for one in run["results"]} == set(rules)
        assert [one["partialFingerprints"]["advisorFinding/v1"] for one in run["results"]] == [
            f.id for f in result.findings
        ]
        for one in run["results"]:
            (location,) = one["locations"]
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*", uri)
            urlsplit(uri)


def test_a_rule_is_described_for_all_its_findings(shop):
    described = {rule["id"]: rule["shortDescription"]["text"] for rule in rendered(shop)["tool"]["driver"]["rules"]}
    tables = {table for finding in shop.findings for table in finding.tables}
    assert not any(re.search(rf"\b{table}\b", described["IDX001"]) for table in tables)


def test_messages_hold_no_control_characters(hostile):
    for one in rendered(hostile)["results"]:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", one["message"]["text"])


def test_nothing_found_is_a_run_without_results(shop):
    import msgspec

    run = rendered(msgspec.structs.replace(shop, findings=(), recommendations=(), sources=()))
    assert run["results"] == []
