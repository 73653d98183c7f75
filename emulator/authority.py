"""Make the local certificate authority and the server certificate that it signs."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .tls import Certificate, write_apart

LIFETIME: Final = timedelta(days=20 * 365)
NOT_BEFORE: Final = datetime(2020, 1, 1, tzinfo=UTC)
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
ORGANIZATION: Final = "ChatLift local development"


def make(certificate: Certificate) -> None:
    """Make the files of a certificate. When another process makes them at the same time, one of the two sets stays."""
    certificate.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = Certificate(Path(tempfile.mkdtemp(dir=certificate.folder.parent, prefix=".tls-")), certificate.names)
    ca_pem, ca_key = authority(certificate.names)
    issuer = trustme.CA.from_pem(ca_pem, ca_key)
    leaf = issuer.issue_cert(
        *certificate.names, organization_name=ORGANIZATION, not_before=NOT_BEFORE, not_after=NOT_BEFORE + LIFETIME
    )
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    write_apart(draft.ca, ca_pem, 0o644)
    write_apart(draft.ca_key, ca_key, 0o600)
    write_apart(draft.chain, chain, 0o644)
    write_apart(draft.names_file, "\n".join(certificate.names).encode(), 0o644)
    write_apart(draft.key, leaf.private_key_pem.bytes(), 0o600)
    try:
        draft.folder.rename(certificate.folder)
    except OSError:
        if not certificate.is_there():  # a set that was cut off: put ours in its place
            shutil.rmtree(certificate.folder)
            draft.folder.rename(certificate.folder)
        else:
            shutil.rmtree(draft.folder)


def authority(names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return certificate and key, in PEM, of a new authority that may speak for these names and loopback only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, "ChatLift local CA"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_BEFORE + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted(names), excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return built.public_bytes(serialization.Encoding.PEM), secret


def permitted(names: tuple[str, ...]) -> list[x509.GeneralName]:
    """Return the name constraints for hosts: a domain covers all below it."""
    found: list[x509.GeneralName] = [x509.IPAddress(ip_network(network)) for network in LOOPBACK]
    for name in names:
        try:
            address = ip_address(name)
        except ValueError:
            found.append(x509.DNSName(name.removeprefix("*.")))
        else:
            if not address.is_loopback:
                found.append(x509.IPAddress(ip_network(address)))
    return found
