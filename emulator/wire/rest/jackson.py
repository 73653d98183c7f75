"""What a Jackson 1.9 parser says about a request body: where it breaks, and where a field stands.

The platform reads JSON with that parser, and its complaints reach the client word for word, for example
``Unexpected character ('r' (code 114)): expected a valid value (number, String, array, object, 'true', 'false' or 'null')``
with ``[line:1, column:2]`` for a body that begins with ``r`` (https://salesforce.stackexchange.com/questions/137599).
Lines and columns count from 1.

Two places are reported, and they differ:

- A body that breaks: the place after the last character read.
- A value of the wrong type: the start of the field's name, or, where a comma stands before the name, that comma. Jackson 1.x
  notes a token's place before it steps over the comma. The recorded answer to
  ``{"FirstName":"Doug","LastName":"Proctor (testing)","s360__Contact_Code__c":["x"]}`` says column 51, the comma
  (https://salesforce.stackexchange.com/questions/54882).

This module runs only when a request has already failed, so it may be slow. orjson reads the good bodies.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

SPACE: Final = " \t\r\n"
ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
DIGITS: Final = "0123456789"
DEPTH_LIMIT: Final = 200
"""Deeper nesting than this is not followed: the place of the fault is then that of the bracket too many."""
EXPECTED_VALUE: Final = "expected a valid value (number, String, array, object, 'true', 'false' or 'null')"
EXPECTED_WORDS: Final = "'null', 'true', 'false' or NaN"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"[line:{self.line}, column:{self.column}]"


@dataclass(frozen=True, slots=True)
class Token:
    """The first token of a value: its Jackson name, its text, and the place Jackson reports for it."""

    name: str
    text: str
    place: Place


class JsonFault(ValueError):
    """The text is not JSON: Jackson's words and the place it had reached."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


def fault(text: str) -> JsonFault | None:
    """Return what is wrong with a JSON text, or None when nothing is."""
    reader = _Reader(text)
    try:
        reader.document()
    except JsonFault as found:
        return found
    return None


def root(text: str) -> Token | None:
    """Return the first token of a text that is JSON; None for an empty one."""
    reader = _Reader(text)
    reader.skip_space()
    if reader.at_end():
        return None
    return reader.value(0)


def field(text: str, name: str, path: Path = ()) -> Token | None:
    """Return the value of a field of an object (the last one of that name, in any case), or None.

    The path leads from the outermost object to the one that is meant, by field names and places in arrays.
    """
    reader = _Reader(text)
    try:
        reader.document()
    except JsonFault:
        return None
    folded = (step.casefold() if isinstance(step, str) else step for step in (*path, name))
    return reader.fields.get(tuple(folded))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.fields: dict[Path, Token] = {}
        self.path: Path = ()
        """Where the reader is."""

    # --- places and complaints

    def place(self, at: int) -> Place:
        """Return the place of a character; columns count UTF-16 units, as Java does."""
        before = self.text[:at]
        start = max(before.rfind("\n"), before.rfind("\r")) + 1
        lines = before.count("\n") + before.count("\r") - before.count("\r\n")
        wide = sum(character > "\uffff" for character in before[start:])
        return Place(lines + 1, at - start + wide + 1)

    def complain(self, message: str) -> NoReturn:
        raise JsonFault(message, self.place(self.at))

    def unexpected(self, comment: str) -> NoReturn:
        """Complain about the character at hand, which counts as read."""
        character = self.text[self.at]
        self.at += 1
        self.complain(f"Unexpected character ({describe(character)}): {comment}")

    def ended(self, comment: str) -> NoReturn:
        self.complain(f"Unexpected end-of-input{comment}")

    # --- tokens

    def at_end(self) -> bool:
        return self.at >= len(self.text)

    def skip_space(self) -> None:
        text = self.text
        while self.at < len(text) and text[self.at] <= " ":
            if text[self.at] not in SPACE:
                character = text[self.at]
                self.at += 1
                self.complain(
                    f"Illegal character ({describe(character)}): only regular white space (\\r, \\n, \\t) is allowed between tokens"
                )
            self.at += 1
        if self.at < len(text) and text[self.at] == "/":
            self.unexpected(
                "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
            )

    def document(self) -> None:
        self.skip_space()
        if self.at_end():
            self.ended("")
        self.value(0)
        self.skip_space()
        if not self.at_end():
            self.unexpected(EXPECTED_VALUE)

    def value(self, depth: int, place: Place | None = None) -> Token:
        """Read a value and return its first token."""
        start = self.at
        here = place or self.place(start)
        character = self.text[start]
        if character == '"':
            return Token("VALUE_STRING", self.string("string value"), here)
        if character == "{":
            self.object(depth + 1)
            return Token("START_OBJECT", "{", here)
        if character == "[":
            self.array(depth + 1)
            return Token("START_ARRAY", "[", here)
        if character in "-0123456789":
            return self.number(here)
        for word, name in (("true", "VALUE_TRUE"), ("false", "VALUE_FALSE"), ("null", "VALUE_NULL")):
            if character == word[0]:
                self.word(word)
                return Token(name, word, here)
        if character == "N":
            self.word("NaN")
            self.complain("Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow")
        return self.unexpected(EXPECTED_VALUE)

    def word(self, word: str) -> None:
        start = self.at
        while not self.at_end() and (self.text[self.at].isalnum() or self.text[self.at] in "_$"):
            self.at += 1
        found = self.text[start : self.at]
        if found != word:
            self.complain(f"Unrecognized token '{found}': was expecting {EXPECTED_WORDS}")

    def string(self, kind: str) -> str:
        text = self.text
        pieces: list[str] = []
        self.at += 1
        while True:
            if self.at_end():
                self.ended(
                    f": was expecting closing quote for a {kind}" if kind == "string value" else " in field name"
                )
            character = text[self.at]
            self.at += 1
            if character == '"':
                # Escapes come as UTF-16 units, so that two of them may be one character.
                return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            if character == "\\":
                pieces.append(self.escape())
            elif character < " ":
                self.complain(
                    f"Illegal unquoted character ({describe(character)}): has to be escaped using backslash to be included in {kind}"
                )
            else:
                pieces.append(character)

    def escape(self) -> str:
        if self.at_end():
            self.ended(" in character escape sequence")
        character = self.text[self.at]
        self.at += 1
        if character == "u":
            code = 0
            for _ in range(4):
                if self.at_end():
                    self.ended(" in character escape sequence")
                if self.text[self.at] not in "0123456789abcdefABCDEF":
                    self.unexpected("expected a hex-digit for character escape sequence")
                code = code * 16 + int(self.text[self.at], 16)
                self.at += 1
            return chr(code)
        if character not in ESCAPES:
            self.complain(f"Unrecognized character escape ({describe(character)})")
        return ESCAPES[character]

    def number(self, here: Place) -> Token:
        text, start, name = self.text, self.at, "VALUE_NUMBER_INT"
        if text[self.at] == "-":
            self.at += 1
            if self.at_end():
                self.ended(" in a Number value")
            if text[self.at] not in DIGITS:
                self.not_in_number("expected digit (0-9) to follow minus sign, for valid numeric value")
        if text[self.at] == "0" and self.at + 1 < len(text) and text[self.at + 1] in DIGITS:
            self.at += 1
            self.complain("Invalid numeric value: Leading zeroes not allowed")
        self.digits()
        if not self.at_end() and text[self.at] == ".":
            name = "VALUE_NUMBER_FLOAT"
            self.at += 1
            if not self.digits():
                self.not_in_number("Decimal point not followed by a digit")
        if not self.at_end() and text[self.at] in "eE":
            name = "VALUE_NUMBER_FLOAT"
            self.at += 1
            if not self.at_end() and text[self.at] in "+-":
                self.at += 1
            if not self.digits():
                self.not_in_number("Exponent indicator not followed by a digit")
        return Token(name, text[start : self.at], here)

    def digits(self) -> int:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in DIGITS:
            self.at += 1
        return self.at - start

    def not_in_number(self, comment: str) -> NoReturn:
        if self.at_end():
            self.ended(" in a Number value")
        character = self.text[self.at]
        self.at += 1
        self.complain(f"Unexpected character ({describe(character)}) in numeric value: {comment}")

    # --- containers

    def container(self, kind: str, depth: int) -> str:
        """Step over an opening bracket and return the words for an early end."""
        start = self.place(self.at)
        self.at += 1
        if depth > DEPTH_LIMIT:
            self.complain(f"Nesting depth ({depth}) exceeds the maximum allowed ({DEPTH_LIMIT})")
        return f": expected close marker for {kind} (from [Source: N/A; line: {start.line}, column: {start.column}])"

    def closed(self, close: str, other: str, kind: str, first: bool, early_end: str) -> bool:
        """Read what follows an entry: True for the closing bracket; a comma otherwise, unless it is the first entry."""
        self.skip_space()
        if self.at_end():
            self.ended(early_end)
        character = self.text[self.at]
        if character == close:
            self.at += 1
            return True
        if character == other:
            self.at += 1
            self.complain(f"Unexpected close marker '{other}': expected '{close}' (for {kind})")
        if not first and character != ",":
            self.unexpected(f"was expecting comma to separate {kind} entries")
        return False

    def step(self, early_end: str) -> None:
        """Step over a comma to the next entry."""
        self.at += 1
        self.skip_space()
        if self.at_end():
            self.ended(early_end)

    def object(self, depth: int) -> None:
        early_end = self.container("OBJECT", depth)
        first = True
        while not self.closed("}", "]", "OBJECT", first, early_end):
            place = self.place(self.at)
            if not first:
                self.step(early_end)
            first = False
            if self.text[self.at] != '"':
                self.unexpected("was expecting double-quote to start field name")
            name = self.string("name")
            self.skip_space()
            if self.at_end():
                self.ended(early_end)
            if self.text[self.at] != ":":
                self.unexpected("was expecting a colon to separate field name and value")
            self.step(early_end)
            around = self.path
            self.path = (*around, name.casefold())
            self.fields[self.path] = self.value(depth, place)
            self.path = around

    def array(self, depth: int) -> None:
        early_end = self.container("ARRAY", depth)
        first = True
        index = 0
        while not self.closed("]", "}", "ARRAY", first, early_end):
            if not first:
                self.step(early_end)
            first = False
            around = self.path
            self.path = (*around, index)
            self.value(depth)
            self.path = around
            index += 1


def describe(character: str) -> str:
    """Return a character as Jackson shows it in a complaint."""
    code = ord(character)
    if code < 32 or 127 <= code < 160:
        return f"(CTRL-CHAR, code {code})"
    if code > 255:
        return f"'{character}' (code {code} / 0x{code:x})"
    return f"'{character}' (code {code})"
