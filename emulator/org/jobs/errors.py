"""What is wrong with a job or its data, in the words of the first Bulk API; Bulk 2.0 writes its codes in capitals."""

from typing import Final

from ...errors import OrgError


class JobError(OrgError):
    """A call about a job is refused. ``code`` is such as ``InvalidJob``."""


class BadData(Exception):
    """A batch cannot be read, and so fails as a whole. The text is its state message."""


def invalid_batch(problem: str) -> BadData:
    return BadData(f"InvalidBatch : {problem}")


def field_not_found(name: str) -> BadData:
    """Recorded: jsforce#688, ForceCLI#413, salesforce-bulk#101."""
    return invalid_batch(f"Field name not found : {name}")


def only_ids(operation: str) -> BadData:
    """Recorded: SFDX-Data-Move-Utility#325."""
    return invalid_batch(f"The '{operation}' batch must contain only ids.")


def wrong_line_ending(setting: str) -> BadData:
    """Recorded in many public repositories of load scripts (``LineEnding is invalid on user data``)."""
    return BadData(f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {setting}")


def too_large(most: int) -> JobError:
    """Recorded: jsforce#31."""
    return JobError("ClientInputError", f"Failed to read request. Exceeded max size limit of {most}")


def failed_query(error: OrgError) -> BadData:
    """Recorded: simple-salesforce#502 (``Failed to process query: INVALID_TYPE_FOR_OPERATION: …``)."""
    return invalid_batch(f"Failed to process query: {error.code}: {error.message}")


def check_rule(id_: str | None) -> None:
    """Refuse an assignment rule: there is none here that could run. A guess: code and words."""
    if id_:
        raise JobError("InvalidJob", f"There is no assignment rule {id_}")


def others_job() -> JobError:
    """Say that a job is another user's ("Bulk API Error Codes": InvalidUser)."""
    return JobError(
        "InvalidUser",
        "Either the user sending the Bulk API request doesn't have the correct permission, or the job or batch specified was"
        " created by another user",
    )


def stopped_after(message: str, processed: int) -> str:
    """Return why a batch ended early, with how many of its records were processed until then."""
    return f"{message} ({processed} records were processed before)" if processed else message


NOT_PROCESSED: Final = "Records not processed"
"""What is said of the results of a batch that failed (simple-salesforce#366, #540)."""
NO_HARD_DELETE: Final = (
    "hardDelete operation requires special user profile permission, please contact your system administrator"
)
"""Recorded: forcedotcom/dataloader looks for it, with FeatureNotEnabled."""
