"""Parts that are run one after the other, later ones with the results of earlier ones: the heart of composite and graph."""

from typing import Any, Final

from ....errors import OrgError
from ....org.org import Org
from .. import errors
from ..call import Answer, Call
from .references import References
from .subrequests import Subrequest, send, shown

ROLLED_BACK: Final = OrgError(
    "PROCESSING_HALTED", "The transaction was rolled back since another operation in the same transaction failed."
)
"""Of every part that did not fail itself (CumulusCI, tasks/salesforce/composite.py; REST guide, "allOrNone Parameters")."""


class _UndoneError(Exception):
    """Rolls a transaction back."""


def run(call: Call, parts: list[Subrequest], inside: str) -> list[Answer]:
    """Run each part; one that refers to a failed part is not run, and fails too.

    Always in the order of the request: a guess that is safe, as the platform promises no order for collated parts.
    """
    bodies: dict[str, Any] = {}
    references = References(bodies, call.caller.number)
    answers = []
    for part in parts:
        answer = answer_to(call, part, references, inside)
        if not answer.failed:
            bodies[part.reference_id] = answer.body
        answers.append(answer)
    return answers


def run_all_or_none(org: Org, call: Call, parts: list[Subrequest], inside: str) -> tuple[bool, list[Answer]]:
    """Run the parts until one fails, which undoes them all; tell whether all went well."""
    bodies: dict[str, Any] = {}
    references = References(bodies, call.caller.number)
    answers: list[Answer] = []
    try:
        with org.transaction():
            for part in parts:
                answer = answer_to(call, part, references, inside)
                answers.append(answer)
                if answer.failed:
                    raise _UndoneError
                bodies[part.reference_id] = answer.body
    except _UndoneError:
        halted = Answer(errors.BAD_REQUEST, errors.body(ROLLED_BACK))
        return False, [*[halted] * (len(answers) - 1), answers[-1], *[halted] * (len(parts) - len(answers))]
    return True, answers


def answer_to(call: Call, part: Subrequest, references: References, inside: str) -> Answer:
    try:
        return send(call, part, references, inside)
    except OrgError as error:
        return Answer(errors.status(error), errors.body(error))


def results(parts: list[Subrequest], answers: list[Answer]) -> list[dict[str, Any]]:
    """Return the results of parts in the order of the request."""
    return [shown(answer, part.reference_id) for part, answer in zip(parts, answers, strict=True)]
