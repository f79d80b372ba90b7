"""Certificates: accepted by strict clients, for this machine's names alone, renewed in time."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lazuli.server import tls
from lazuli.server.tls import Certificates, ensure_certificates

DAY = 24 * 3_600_000


@contextmanager
def serving(certificates: Certificates, family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    """A TLS server that answers every request with 204, on a free port of the loopback interface."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.cert_file, certificates.key_file)
    with socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        secured.recv(65536)
                        secured.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                except OSError:
                    connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def strict_context(certificates: Certificates) -> ssl.SSLContext:
    """What Python 3.13's default context checks."""
    context = ssl.create_default_context(cafile=certificates.bundle_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def shake_hands(port: int, certificates: Certificates, name: str) -> None:
    context = strict_context(certificates)
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        secured.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert secured.recv(12) == b"HTTP/1.1 204"


def leaf_of(certificates: Certificates) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificates.cert_file.read_bytes())


def test_strict_clients_accept_every_name_of_this_machine(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path, ["lab.example", "192.168.7.7", "LOCALHOST"])
    with serving(certificates) as port:
        for name in ("localhost", "127.0.0.1", "::1", "lab.example", "192.168.7.7"):
            shake_hands(port, certificates, name)
        with pytest.raises(ssl.SSLCertVerificationError):
            shake_hands(port, certificates, "other.example")
        for host in ("localhost", "127.0.0.1"):
            with httpx.Client(verify=strict_context(certificates), trust_env=False) as client:
                assert client.get(f"https://{host}:{port}/").status_code == 204


def test_requests_accepts_the_bundle(tmp_path: Path) -> None:
    requests = pytest.importorskip("requests")
    certificates = ensure_certificates(tmp_path, [])
    with serving(certificates) as port, requests.Session() as session:
        session.trust_env = False
        url = f"https://127.0.0.1:{port}/"
        assert session.get(url, verify=str(certificates.bundle_file)).status_code == 204
        with pytest.raises(requests.exceptions.SSLError):
            session.get(url)


def test_a_stolen_authority_is_of_no_use_elsewhere(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path, [])
    authority = tls._load(certificates.ca_file, tmp_path / "tls" / "ca.key")
    assert authority is not None
    for name in ("bank.example", "10.1.2.3"):
        forged = tls._new_server(authority, [tls._general_name(name)], datetime.now(UTC))
        tls._save(forged, certificates.cert_file, certificates.key_file, chain=authority.certificate)
        with serving(certificates) as port, pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
            shake_hands(port, certificates, name)


def test_keys_are_private_and_certificates_are_not(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path, [])
    keys = sorted((tmp_path / "tls").glob("*.key"))
    assert [file.name for file in keys] == ["ca.key", "server.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys} == {0o600}
    assert b"PRIVATE" not in certificates.cert_file.read_bytes() + certificates.bundle_file.read_bytes()


def test_good_certificates_are_left_alone(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path, ["lab.example"])
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (tmp_path / "tls").iterdir()}
    assert ensure_certificates(tmp_path, ["lab.example"]) == certificates
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (tmp_path / "tls").iterdir()} == before


def test_the_server_certificate_is_renewed_in_time_by_the_same_authority(tmp_path: Path) -> None:
    start = 1_700_000_000_000
    certificates = ensure_certificates(tmp_path, [], lambda: start)
    authority, leaf = certificates.ca_file.read_bytes(), leaf_of(certificates)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=825)
    ensure_certificates(tmp_path, [], lambda: start + 793 * DAY)
    assert leaf_of(certificates) == leaf
    ensure_certificates(tmp_path, [], lambda: start + 795 * DAY)
    assert leaf_of(certificates) != leaf
    assert certificates.ca_file.read_bytes() == authority
    ensure_certificates(tmp_path, [], lambda: start + 3630 * DAY)
    assert certificates.ca_file.read_bytes() != authority
    assert certificates.ca_file.read_text() in certificates.bundle_file.read_text()


def test_new_hosts_get_new_certificates(tmp_path: Path) -> None:
    certificates = ensure_certificates(tmp_path, [])
    ensure_certificates(tmp_path, ["lab.example"])
    names = leaf_of(certificates).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "lab.example"]
    with serving(certificates) as port:
        shake_hands(port, certificates, "lab.example")


@pytest.mark.parametrize("broken", ["server.key", "server.pem", "ca.key", "ca.pem"])
def test_broken_files_are_made_anew(tmp_path: Path, broken: str) -> None:
    certificates = ensure_certificates(tmp_path, [])
    (tmp_path / "tls" / broken).write_text("broken")
    ensure_certificates(tmp_path, [])
    key = serialization.load_pem_private_key(certificates.key_file.read_bytes(), password=None)
    assert leaf_of(certificates).public_key() == key.public_key()
    with serving(certificates) as port:
        shake_hands(port, certificates, "localhost")
