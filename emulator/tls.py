"""Certificates of the local org: where they lie, what they are valid for, and the bundle that clients trust.

The key of our certificate authority stays in the user's data folder, readable by nobody else, and its certificate is
never put into a system's trust store. A client trusts it through `write_bundle`: the usual authorities *and* ours, so
that it still reaches every other host.

This module finds certificates that exist; `authority` makes them, and loads cryptography to do so.
"""

import hashlib
import os
import ssl
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import certifi

NAMES: Final = (
    "localhost",
    "127.0.0.1",
    "::1",
    "*.salesforce.com",
    "*.my.salesforce.com",
    "*.force.com",
    "*.salesforceliveagent.com",
    "*.my.salesforcescrt.com",
    "*.salesforce-scrt.com",
    "*.my.salesforce-scrt.com",
)
"""The hosts that every certificate of ours is valid for."""
BUNDLE_VARIABLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""What clients of all kinds read the path of a bundle of authorities from."""
HOME: Final = "CHATLIFT_HOME"
"""Environment variable that moves the data folder."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a server's certificate lies: a folder with the server's chain and key and the authority's certificate and key."""

    folder: Path
    names: tuple[str, ...]

    @property
    def chain(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def ca_key(self) -> Path:
        return self.folder / "ca.key"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.pem"

    @property
    def names_file(self) -> Path:
        """Names that the certificate was made for: one of an older version of ours has fewer."""
        return self.folder / "names.txt"

    def server_context(self) -> ssl.SSLContext:
        """Return a context for a server's socket."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context

    def covers(self, host: str) -> bool:
        """Tell whether a client that asked for a host would take the certificate."""
        return host.lower() in self.names or is_usual(host)

    def is_there(self) -> bool:
        """Tell whether the files exist and fit together, and are for these names."""
        try:
            self.server_context()
            made_for = tuple(self.names_file.read_text().split())
        except (OSError, ssl.SSLError):
            return False
        return made_for == self.names and self.ca.is_file()


def data_folder() -> Path:
    """Return the folder of this user's ChatLift files; it may not exist yet."""
    given = os.environ.get(HOME)
    if given:
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "chatlift"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "chatlift"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "chatlift"


def certificate(*more_names: str, folder: Path | None = None) -> Certificate:
    """Return where the certificate for `NAMES` and more hosts lies, whether it exists or not.

    The usual names have one authority, whose certificate says that it speaks for these names alone. A host beyond them
    gets an authority of its own, so that the first never has to speak for more.
    """
    more = tuple(sorted({name.lower() for name in more_names if name and not is_usual(name)}))
    digest = "-" + hashlib.sha256(",".join(more).encode()).hexdigest()[:12] if more else ""
    return Certificate((folder or data_folder()) / f"tls{digest}", (*NAMES, *more))


def is_usual(name: str) -> bool:
    """Tell whether a host is among `NAMES`, wildcards considered, or stands for every address of the machine."""
    try:
        address = ip_address(name)
    except ValueError:
        return name.lower() in NAMES or f"*.{name.lower().partition('.')[2]}" in NAMES
    return address.is_unspecified or str(address) in NAMES


def write_bundle(made: Certificate, others: Sequence[str] = ()) -> Path:
    """Write one file of authorities to trust: those of certifi, those in other bundle files, and ours; return its path.

    Another bundle is one that the user's environment names, such as a company's; a file that is not there is left out.
    """
    wanted = [Path(certifi.where()).read_bytes()]
    for other in others:
        path = Path(other)
        if path.is_file() and not path.samefile(certifi.where()) and path.parent != made.folder:
            content = path.read_bytes()
            if content not in wanted:
                wanted.append(content)
    content = b"\n".join([*wanted, made.ca.read_bytes()])
    if not made.bundle.is_file() or made.bundle.read_bytes() != content:
        write_apart(made.bundle, content, 0o644)
    return made.bundle


def bundle_variables(made: Certificate) -> dict[str, str]:
    """Return the variables that point clients at a bundle, written anew, with our authority besides those of the environment."""
    others = [os.environ[name] for name in BUNDLE_VARIABLES if os.environ.get(name)]
    return dict.fromkeys(BUNDLE_VARIABLES, str(write_bundle(made, others)))


def write_apart(path: Path, content: bytes, mode: int) -> None:
    """Write a file so that nobody ever sees half of it, or sees it with another mode than its own."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).chmod(mode)
    Path(name).replace(path)
