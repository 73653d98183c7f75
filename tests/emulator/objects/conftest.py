"""A small SFDX project, as files on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<{0} xmlns="http://soap.sforce.com/2006/04/metadata">{1}</{0}>'
NAME: Final = "<nameField><label>Ticket No</label><type>AutoNumber</type><displayFormat>T-{YYYY}-{0000}</displayFormat></nameField>"
VALUE: Final = "<{2}><fullName>{0}</fullName><default>{1}</default><label>{0}</label></{2}>"

Write = Callable[[str, str, str], Path]


def values(tag: str, *names: str, default: str = "") -> str:
    return "".join(VALUE.format(name, str(name == default).lower(), tag) for name in names)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write one metadata file below the project: path without ``-meta.xml``, root element, inner XML."""

    def put(path: str, root: str, inner: str) -> Path:
        file = tmp_path / f"{path}-meta.xml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HEAD.format(root, inner), "utf-8")
        return file

    return put


@pytest.fixture
def field(write: Write) -> Callable[[str, str, str], Path]:
    """Write a field of Ticket__c: name, type, further elements."""

    def put(name: str, type_: str, more: str = "") -> Path:
        inner = f"<fullName>{name}</fullName><label>{name[:-3]}</label><type>{type_}</type>{more}"
        return write(f"objects/Ticket__c/fields/{name}.field", "CustomField", inner)

    return put


@pytest.fixture
def project(tmp_path: Path, write: Write, field: Callable[..., Path]) -> Path:
    label = "<label>Ticket</label><pluralLabel>Tickets</pluralLabel><sharingModel>ReadWrite</sharingModel>"
    write(
        "objects/Ticket__c/Ticket__c.object",
        "CustomObject",
        f"{label}<deploymentStatus>Deployed</deploymentStatus>{NAME}",
    )
    field(
        "Title__c", "Text", "<length>40</length><required>true</required><defaultValue>&quot;none&quot;</defaultValue>"
    )
    field("Must__c", "Text", "<length>10</length><required>true</required>")
    field(
        "Key__c",
        "Text",
        "<length>20</length><externalId>true</externalId><unique>true</unique><caseSensitive>true</caseSensitive>",
    )
    field("Loose__c", "Text", "<length>20</length><unique>true</unique><caseSensitive>false</caseSensitive>")
    field("Story__c", "LongTextArea", "<length>32768</length><visibleLines>3</visibleLines>")
    field("Rich__c", "Html", "<length>32768</length><visibleLines>25</visibleLines>")
    field("Note__c", "TextArea")
    field("Secret__c", "EncryptedText", "<length>20</length><maskChar>asterisk</maskChar><maskType>all</maskType>")
    field("Size__c", "Number", "<precision>6</precision><scale>2</scale><defaultValue>1.5</defaultValue>")
    field("Price__c", "Currency", "<precision>18</precision><scale>2</scale>")
    field("Share__c", "Percent", "<precision>5</precision><scale>1</scale>")
    field("Urgent__c", "Checkbox", "<defaultValue>true</defaultValue>")
    field("Day__c", "Date")
    field("Moment__c", "DateTime")
    field("Hour__c", "Time")
    field("Mail__c", "Email", "<trackHistory>false</trackHistory><inlineHelpText>Where to write</inlineHelpText>")
    field("Phone__c", "Phone")
    field("Site__c", "Url")
    field("Place__c", "Location", "<scale>5</scale><displayLocationInDecimal>true</displayLocationInDecimal>")
    definition = f"<valueSetDefinition><sorted>false</sorted>{values('value', 'New', 'Old', 'Gone', default='New')}</valueSetDefinition>"
    field(
        "State__c",
        "Picklist",
        f"<required>true</required><valueSet><restricted>true</restricted>{definition}</valueSet>",
    )
    field(
        "Colors__c",
        "MultiselectPicklist",
        "<valueSet><valueSetName>Colors</valueSetName></valueSet><visibleLines>4</visibleLines>",
    )
    field(
        "Serial__c",
        "AutoNumber",
        "<displayFormat>{YY}{MM}{DD}/{000}</displayFormat><startingNumber>10</startingNumber>",
    )
    lookup = "<referenceTo>Contact</referenceTo><relationshipLabel>Tickets</relationshipLabel><relationshipName>Tickets</relationshipName>"
    field("Contact__c", "Lookup", f"{lookup}<deleteConstraint>SetNull</deleteConstraint>")
    field("Account__c", "Lookup", "<referenceTo>Account</referenceTo><deleteConstraint>Restrict</deleteConstraint>")
    write("globalValueSets/Colors.globalValueSet", "GlobalValueSet",
          f"<masterLabel>Colors</masterLabel><sorted>true</sorted>{values('customValue', 'Red', 'Blue')}")  # fmt: skip
    write("objects/Line__c/Line__c.object", "CustomObject",
          "<label>Line</label><pluralLabel>Lines</pluralLabel><sharingModel>ControlledByParent</sharingModel>"
          "<nameField><label>Line</label><type>Text</type></nameField>")  # fmt: skip
    write("objects/Line__c/fields/Ticket__c.field", "CustomField",
          "<fullName>Ticket__c</fullName><label>Ticket</label><type>MasterDetail</type><referenceTo>Ticket__c</referenceTo>"
          "<relationshipName>Lines</relationshipName><relationshipOrder>0</relationshipOrder>"
          "<reparentableMasterDetail>false</reparentableMasterDetail>")  # fmt: skip
    write("objects/Case/fields/Ticket__c.field", "CustomField",
          "<fullName>Ticket__c</fullName><label>Ticket</label><type>Lookup</type><referenceTo>Ticket__c</referenceTo>")  # fmt: skip
    write(
        "objects/Case/fields/Status.field",
        "CustomField",
        "<fullName>Status</fullName><trackHistory>true</trackHistory>",
    )
    for name, allowed in (("Bug", "New Old"), ("Wish", "New Gone")):
        chosen = "".join(f"<values><fullName>{value}</fullName><default>{str(value == 'Gone').lower()}</default></values>"
                         for value in allowed.split())  # fmt: skip
        write(f"objects/Ticket__c/recordTypes/{name}.recordType", "RecordType",
              f"<fullName>{name}</fullName><active>true</active><label>A {name}</label>"
              f"<picklistValues><picklist>State__c</picklist>{chosen}</picklistValues>")  # fmt: skip
    return tmp_path
