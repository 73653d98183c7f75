"""Files that hold schema, and files that only pretend to."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chatlift.emulator.errors import UsageError
from chatlift.emulator.objects import read_objects, reading

Write = Callable[[str, str, str], Path]
Field = Callable[..., Path]
DESCRIBE = {"name": "Visit__c", "queryable": True, "fields": [{"name": "Id", "type": "id"}]}


@pytest.mark.parametrize(
    "content",
    [DESCRIBE, {"status": 0, "result": DESCRIBE}, [DESCRIBE], {"name": "Visit__c", "fields": []}],
    ids=["REST", "sf", "list", "descriptor"],
)
def test_json_is_a_descriptor_or_a_describe_alone_or_in_a_folder(tmp_path: Path, content: object) -> None:
    (tmp_path / "Visit__c.json").write_text(json.dumps(content))
    (tmp_path / ".hidden.json").write_text("no JSON")
    assert read_objects(str(tmp_path)) == read_objects(str(tmp_path / "Visit__c.json"))
    assert [document["name"] for document in read_objects(str(tmp_path))] == ["Visit__c"]


def test_source_is_found_anywhere_below_a_project_whose_other_files_are_left_alone(project: Path) -> None:
    (project / "sfdx-project.json").write_text("[]")
    (project / "package.json").write_text("5")
    (project / "node_modules").mkdir()
    (project / "node_modules" / "Bad__c.object-meta.xml").write_text("<")
    names = [document["name"] for document in read_objects(str(project))]
    assert names == ["Case", "Line__c", "Ticket__c"]
    assert [one["name"] for one in read_objects(str(project / "objects" / "Line__c"))] == ["Line__c"]


@pytest.mark.parametrize(
    ("type_", "more", "problem"),
    [
        ("Number", "<formula>1 + 1</formula>", "formulas and roll-up summaries are not emulated"),
        ("Summary", "<summaryForeignKey>Line__c.T__c</summaryForeignKey>", "formulas and roll-up summaries are not emulated"),
        ("ExternalLookup", "", "the type ExternalLookup is not emulated"),
        ("Text", "", "length is a number from 1 to 255"),
        ("Text", "<length>9</length><surprise>x</surprise>", "surprise is not emulated"),
        ("Text", "<length>9</length><length>9</length>", "length is given 2 times"),
        ("Text", "<length>9</length><required>yes</required>", "required is true or false"),
        ("Date", "<defaultValue>TODAY()</defaultValue>", "defaultValue is a formula"),
        ("Picklist", "", "a picklist has a valueSet"),
        ("Picklist", "<valueSet><valueSetName>No</valueSetName></valueSet>", "there is no file globalValueSets/No"),
        ("Picklist", "<valueSet><controllingField>A__c</controllingField><valueSettings><valueName>x</valueName>"
         "</valueSettings></valueSet>", "valueSettings are of a value of the picklist, not of 'x'"),
        ("Lookup", "<referenceTo>Case</referenceTo><deleteConstraint>Maybe</deleteConstraint>", "deleteConstraint is"),
        ("Lookup", "<referenceTo>Case</referenceTo><lookupFilter><active>true</active></lookupFilter>", "lookupFilter"),
        ("Lookup", "", "referenceTo is missing"),
    ],
)  # fmt: skip
def test_what_is_not_emulated_is_refused_with_file_and_field(
    field: Field, tmp_path: Path, type_: str, more: str, problem: str
) -> None:
    file = field("Odd__c", type_, more)
    with pytest.raises(UsageError) as caught:
        read_objects(str(tmp_path))
    assert problem in str(caught.value)
    assert str(file) in str(caught.value) and "Odd__c" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_active_validation_rule_is_refused(project: Path, write: Write) -> None:
    rule = "objects/Ticket__c/validationRules/R.validationRule"
    inner = "<active>{}</active><errorConditionFormula>true</errorConditionFormula>"
    write(rule, "ValidationRule", inner.format("false"))
    assert read_objects(str(project))
    write(rule, "ValidationRule", inner.format("true"))
    with pytest.raises(UsageError, match="the validation rule R would not be checked"):
        read_objects(str(project))


@pytest.mark.parametrize("name", ["Note__e", "Note__mdt", "Note__x"])
def test_other_kinds_of_object_are_refused(tmp_path: Path, write: Write, name: str) -> None:
    write(f"objects/{name}/{name}.object", "CustomObject", "<label>Note</label>")
    with pytest.raises(UsageError, match=f"are not emulated; leave {name} out"):
        read_objects(str(tmp_path))


def test_an_object_setting_that_changes_more_than_pages_is_refused(tmp_path: Path, write: Write) -> None:
    write("objects/S__c/S__c.object", "CustomObject", "<customSettingsType>List</customSettingsType>")
    with pytest.raises(UsageError, match="customSettingsType is not emulated"):
        read_objects(str(tmp_path))


BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
LEAK = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
CALL = '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">'
OPEN = '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{BOMB}{OPEN}<label>&b;</label></CustomField>", "DTD"),
        (f"{LEAK}{OPEN}<label>&a;</label></CustomField>", "DTD"),
        (f"{CALL}{OPEN}</CustomField>", "DTD"),
        (f"{OPEN}<label>&nope;</label></CustomField>", "is not XML"),
        (f"{OPEN}{'<a>' * 300}{'</a>' * 300}</CustomField>", "is not XML"),
        ("", "is not XML"),
        ("\x00\x01", "is not XML"),
        ("<CustomField/>", "the root is"),
        (f"{OPEN.replace('CustomField', 'CustomObject')}</CustomObject>", "the root is"),
        (f"{OPEN}<type><b>Text</b></type></CustomField>", "type holds no text"),
    ],
)
def test_hostile_xml_is_refused_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "objects" / "A__c" / "fields" / "F__c.field-meta.xml"
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=problem) as caught:
        read_objects(str(tmp_path))
    assert "root:" not in str(caught.value)


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_read(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "A__c.json").write_text(json.dumps({"name": "A__c", "fields": []}))
    (inside / "B__c.json").write_text(json.dumps({"name": "B__c", "fields": []}))
    (inside / "C.json").symlink_to(inside / "B__c.json")
    assert len(read_objects(str(inside))) == 2
    (inside / "A__c.json").symlink_to(outside / "A__c.json")
    with pytest.raises(UsageError, match="is a symbolic link that is not followed"):
        read_objects(str(inside))
    (inside / "A__c.json").unlink()
    (inside / "loop").symlink_to(inside, target_is_directory=True)
    with pytest.raises(UsageError, match="is a symbolic link that is not followed"):
        read_objects(str(inside))


def test_sizes_and_numbers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "A__c.json").write_text(json.dumps({"name": "A__c", "fields": []}))
    with monkeypatch.context() as patched:
        patched.setattr(reading, "MOST_JSON_BYTES", 10)
        with pytest.raises(UsageError, match="is larger than 10 bytes"):
            read_objects(str(tmp_path))
    (tmp_path / "B__c.json").write_text(json.dumps({"name": "B__c", "fields": []}))
    with monkeypatch.context() as patched:
        patched.setattr(reading, "MOST_FILES", 1)
        with pytest.raises(UsageError, match="holds more than 1 files"):
            read_objects(str(tmp_path))
    deep = tmp_path.joinpath(*["d"] * 25)
    deep.mkdir(parents=True)
    with pytest.raises(UsageError, match="folders deep"):
        read_objects(str(tmp_path))


@pytest.mark.parametrize("text", ["", "{", "5", "[5]", "[" * 100_000, '{"fields": []}'])
def test_what_is_no_descriptor_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "A.json").write_text(text)
    with pytest.raises(UsageError, match=r"A\.json"):
        read_objects(str(tmp_path))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no descriptor, no describe and no SFDX source"):
        read_objects(str(tmp_path))
