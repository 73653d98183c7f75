"""The pages that a person sees: plain HTML, every value escaped, nothing to load."""

from collections.abc import Mapping
from html import escape
from typing import Final

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}"
    "label{display:block;margin:.75rem 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.4rem}"
    "button{font:inherit;padding:.4rem 1.2rem;margin:.75rem .5rem 0 0}.problem{color:#a00}"
)
WRONG_LOGIN: Final = "Please check your username and password."


def document(title: str, body: str) -> str:
    """Return a page; `body` is HTML."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def message(title: str, text: str) -> str:
    """Return a page that says one thing."""
    return document(title, f"<p>{escape(text)}</p>")


def refusal(code: str, description: str) -> str:
    """Return the page of an error that no client is told."""
    return document(
        "We can't authorize you because of an OAuth error.",
        f"<p><code>error={escape(code)}</code></p><p><code>error_description={escape(description)}</code></p>",
    )


def approval(client_id: str, scope: str, hidden: Mapping[str, str], username: str, problem: str) -> str:
    """Return the page on which a user logs in and lets a client in, or does not."""
    wanted = "".join(f"<li>{escape(word)}</li>" for word in scope.split())
    return document(
        "Allow Access?",
        f"<p><b>{escape(client_id)}</b> is asking to:</p><ul>{wanted}</ul>"
        + form("/services/oauth2/authorize", concealed(hidden) + login_fields(username), problem),
    )


def device(user_code: str, username: str, problem: str) -> str:
    """Return the page on which a user lets a device in, or does not."""
    code = f'<label>Code<input name="user_code" value="{escape(user_code)}" autocomplete="off" required></label>'
    return document(
        "Connect Your Device",
        "<p>Enter the code that your device shows.</p>"
        + form("/setup/connect", code + login_fields(username), problem),
    )


def form(action: str, fields: str, problem: str) -> str:
    shown = f'<p class="problem">{escape(problem)}</p>' if problem else ""
    return (
        f'{shown}<form method="post" action="{escape(action)}">{fields}'
        '<button name="decision" value="allow">Allow</button>'
        '<button name="decision" value="deny" formnovalidate>Deny</button></form>'
    )


def concealed(values: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in values.items()
    )


def login_fields(username: str) -> str:
    return (
        f'<label>Username<input name="username" value="{escape(username)}" autocomplete="username" required></label>'
        '<label>Password<input name="password" type="password" autocomplete="current-password"></label>'
    )
