"""The certificates of the https listener, from a certificate authority that exists on this machine alone.

Microsoft's client talks to storage by https only and reads ``REQUESTS_CA_BUNDLE``; the bundle made here is certifi's
with our authority added. The authority may sign for this machine's own names and nothing else (name constraints), so
that trusting it costs little even where its key is stolen.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lazuli.store.clock import Clock, system_clock
from lazuli.store.secrets import write_private

__all__ = ["Certificates", "ensure_certificates"]

_AUTHORITY_LIFE = timedelta(days=3650)
_SERVER_LIFE = timedelta(days=825)
"""The longest that Apple's systems accept."""
_RENEW_BEFORE = timedelta(days=30)
_SKEW = timedelta(days=1)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificates:
    """The files of the https listener."""

    ca_file: Path
    """The authority's certificate."""
    bundle_file: Path
    """certifi's authorities and ours: what REQUESTS_CA_BUNDLE is set to."""
    cert_file: Path
    """The server's certificate, followed by the authority's."""
    key_file: Path
    """The server's private key, readable by its owner alone."""


@dataclass(frozen=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificates(data_dir: Path, hosts: Sequence[str], clock: Clock = system_clock) -> Certificates:
    """Certificates for localhost, 127.0.0.1, ::1 and ``hosts`` (names or addresses), valid for 30 days at least.

    What is still good is left as it is; safe to call at every start. New hosts need a new authority, because the old
    one may not sign for them.
    """
    folder = data_dir / "tls"
    folder.mkdir(parents=True, exist_ok=True)
    files = Certificates(*(folder / name for name in ("ca.pem", "bundle.pem", "server.pem", "server.key")))
    names = _names(hosts)
    now = datetime.fromtimestamp(clock() / 1000, UTC)

    authority = _load(files.ca_file, folder / "ca.key")
    if authority is None or not _is_good_authority(authority.certificate, names, now):
        authority = _new_authority(names, now)
        _save(authority, files.ca_file, folder / "ca.key")
    server = _load(files.cert_file, files.key_file)
    if server is None or not _is_good_server(server.certificate, authority.certificate, names, now):
        server = _new_server(authority, names, now)
        _save(server, files.cert_file, files.key_file, chain=authority.certificate)
    bundle = Path(certifi.where()).read_text(encoding="utf-8") + "\n# Lazuli\n" + _pem(authority.certificate)
    if not files.bundle_file.exists() or files.bundle_file.read_text(encoding="utf-8") != bundle:
        _write_public(files.bundle_file, bundle)
    return files


def _names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    """Each host once, as a certificate tells it."""
    return [_general_name(host) for host in dict.fromkeys([*_LOOPBACK, *(host.lower().strip("[]") for host in hosts)])]


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _constraints(names: Sequence[x509.GeneralName]) -> x509.NameConstraints:
    """What the authority may sign for: an address is a network of one, a name permits what is below it too."""
    permitted = [
        x509.IPAddress(ipaddress.ip_network(name.value)) if isinstance(name, x509.IPAddress) else name for name in names
    ]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def _new_authority(names: Sequence[x509.GeneralName], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject("Lazuli local authority")
    usage = _usage(signs_certificates=True)
    certificate = (
        _builder(subject, subject, key, now, now + _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_constraints(names), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _new_server(authority: _Pair, names: Sequence[x509.GeneralName], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    until = min(now + _SERVER_LIFE - _SKEW, issuer.not_valid_after_utc)
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _builder(_subject("Lazuli server"), issuer.subject, key, now, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    """What both certificates have. Strict verifiers (Python 3.13 and later) insist on the key identifiers."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _is_good_authority(certificate: x509.Certificate, names: Sequence[x509.GeneralName], now: datetime) -> bool:
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    return _lasts(certificate, now) and constraints == _constraints(names)


def _is_good_server(
    certificate: x509.Certificate, issuer: x509.Certificate, names: Sequence[x509.GeneralName], now: datetime
) -> bool:
    told = list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError):
        return False
    return _lasts(certificate, now) and told == list(names)


def _lasts(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now and now + _RENEW_BEFORE < certificate.not_valid_after_utc


def _load(cert_file: Path, key_file: Path) -> _Pair | None:
    """The certificate with its key, or None where either is missing, unreadable or not the other's."""
    try:
        certificate = x509.load_pem_x509_certificate(cert_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return _Pair(certificate, key)


def _save(pair: _Pair, cert_file: Path, key_file: Path, *, chain: x509.Certificate | None = None) -> None:
    key = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(key_file, key.decode())
    _write_public(cert_file, _pem(pair.certificate) + (_pem(chain) if chain else ""))


def _write_public(file: Path, text: str) -> None:
    """Write a file that appears whole and that every user of the machine may read, as certificates may be."""
    ready = file.with_suffix(".new")
    ready.write_text(text, encoding="utf-8")
    ready.replace(file)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
