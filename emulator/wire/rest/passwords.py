"""A user's password: REST guide, "sObject User Password" and "Manage User Passwords". It counts under strict authentication alone."""

from typing import Final

from ...errors import not_found
from ...org import passwords
from ...org.org import Org
from . import related
from .body import document
from .call import Answer, Call
from .errors import MethodNotAllowed
from .rows import id_of

ALLOWED: Final = "HEAD,GET,POST,DELETE"
NEW: Final = "NewPassword"


def status(org: Org, call: Call) -> Answer:
    """``GET``: passwords do not expire here."""
    user = user_of(org, call)
    return related.retrieve(org, call) if user is None else Answer(200, {"isExpired": False})


def change(org: Org, call: Call) -> Answer:
    """``POST {"NewPassword"}``, in any case of letters, as nforce sends it. Raises INVALID_NEW_PASSWORD."""
    user = user_of(org, call)
    if user is None:
        raise MethodNotAllowed(call.method, "HEAD,GET,PATCH,DELETE")
    given = {name.casefold(): value for name, value in document(call).items()}.get(NEW.casefold())
    password = given if isinstance(given, str) else ""
    passwords.check_right(org.rights, call.caller, user)
    passwords.check(password)
    org.sessions.set_password(user, password)
    return Answer(204)


def reset(org: Org, call: Call) -> Answer:
    """``DELETE``: answers with a password that nobody has chosen."""
    user = user_of(org, call)
    if user is None:
        return related.delete(org, call)
    passwords.check_right(org.rights, call.caller, user)
    password = passwords.make()
    org.sessions.set_password(user, password)
    return Answer(200, {NEW: password})


def update(org: Org, call: Call) -> Answer:
    """``PATCH``, which only other objects take."""
    if user_of(org, call) is not None:
        raise MethodNotAllowed(call.method, ALLOWED)
    return related.update(org, call)


def user_of(org: Org, call: Call) -> str | None:
    """Return the id of the user whose password an address means; None for one of another object, or by another key.

    Raises NOT_FOUND where there is no such user.
    """
    sobject = org.seen_by(call.caller).find(call.segments[1], call.caller.number)
    if sobject is None or sobject.name != "User" or not related.looks_like_id(sobject, call.segments[2]):
        return None
    user_id = id_of(sobject, call.segments[2])
    if org.users.by_id(user_id) is None:
        raise not_found()
    return user_id
