"""Records on a chat, and the files that a visitor sends to them (R39, R40, R53)."""

from .draft import Draft
from .events import Attach, CancelFile, Detach, FileArrived, RequestFile
from .refusals import RuleRefused
from .state import Chat, FileRequest, ReceivedFile, Stage


def attach(draft: Draft, event: Attach) -> None:
    """Put a record on a chat: one of each type, by the agent who has been in it longest (R39, R53)."""
    chat = draft.chat(event.chat_key)
    if event.agent_id is not None:
        chat = _keeper(draft, event.chat_key, event.agent_id)
    if any(record.sobject == event.record.sobject for record in chat.attached):
        if event.agent_id is None:
            return
        raise RuleRefused("R39", f"a record of type {event.record.sobject} is attached already: detach it first")
    draft.put(chat, attached=(*chat.attached, event.record))


def detach(draft: Draft, event: Detach) -> None:
    """Take a record off a chat."""
    chat = _keeper(draft, event.chat_key, event.agent_id)
    if all(record.record_id != event.record_id for record in chat.attached):
        raise RuleRefused("R39", "this record is not attached to the chat")
    if chat.file_request is not None and chat.file_request.record_id == event.record_id:
        raise RuleRefused("R40", "a file for this record is asked for: cancel that first")
    draft.put(chat, attached=tuple(record for record in chat.attached if record.record_id != event.record_id))


def _keeper(draft: Draft, chat_key: str, agent_id: str) -> Chat:
    """Return a chat whose records an agent may choose; also while its window is still open after the end."""
    draft.agent(agent_id)
    chat = draft.chat(chat_key)
    keeper = chat.keeper_id if chat.stage is Stage.ENDED else chat.talking[0].agent_id if chat.talking else None
    if chat.is_transcribed:
        raise RuleRefused("R56", "the chat is over and its transcript is made: change the transcript instead")
    if keeper != agent_id:
        raise RuleRefused("R53", "only the agent who has been in the chat longest may attach records")
    member = chat.member(agent_id)
    if member is None or member.closed:
        raise RuleRefused("R9", "you have no window on this chat")
    return chat


def request_file(draft: Draft, event: RequestFile) -> None:
    """Ask the visitor for a file that will be kept at an attached record (R40)."""
    chat = draft.engaged(event.chat_key, event.agent_id)
    if not draft.settings(event.agent_id).file_transfer:
        raise RuleRefused("R40", "your configuration does not allow file transfer")
    if all(record.record_id != event.record_id for record in chat.attached):
        raise RuleRefused("R40", "attach the record to the chat first: the file is kept there")
    if chat.file_request is not None:
        raise RuleRefused("R40", "a file is asked for already: cancel that first")
    chat = draft.note(chat, "FileTransferRequested", event.agent_id)
    draft.put(chat, file_request=FileRequest(event.agent_id, event.record_id, event.token, draft.now))
    draft.tell(
        chat,
        "FileTransfer",
        type="Requested",
        cdmServletUrl=event.upload_url,
        uploadServletUrl=event.upload_url,
        fileToken=event.token,
    )


def cancel_file(draft: Draft, event: CancelFile) -> None:
    """The agent takes his request for a file back, or the visitor refuses it (R40)."""
    if event.agent_id is not None:
        chat = draft.engaged(event.chat_key, event.agent_id)
    else:
        chat = draft.chat(event.chat_key)
    if chat.file_request is None:
        raise RuleRefused("R40", "no file is asked for")
    chat = draft.note(chat, "FileCanceledAgent" if event.agent_id else "FileCanceledChasitor", event.agent_id)
    draft.put(chat, file_request=None)
    draft.tell(chat, "FileTransfer", type="Canceled")


def file_arrived(draft: Draft, event: FileArrived) -> None:
    """The visitor's file is kept, or was refused: too large, or not of an allowed kind (R40)."""
    chat = draft.chat(event.chat_key)
    if chat.file_request is None or chat.file_request.token != event.token:
        raise RuleRefused("R40", "no agent has asked for this file")
    succeeded = event.problem is None
    detail = event.file_name if succeeded else f"{event.file_name}: {event.problem}"
    chat = draft.note(chat, "FileTransferSuccess" if succeeded else "FileTransferFailure", detail=detail)
    files = (*chat.files, ReceivedFile(event.file_name, event.file_id)) if succeeded and event.file_id else chat.files
    draft.put(chat, file_request=None, files=files)
    draft.tell(chat, "FileTransfer", type="Success" if succeeded else "Failure", fileToken=event.token)
