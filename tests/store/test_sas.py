"""Signatures: ours are Microsoft's, and what was not signed is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobSasPermissions, ContainerSasPermissions, generate_blob_sas, generate_container_sas
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy

from lazuli.schema.problems import NotAllowed
from lazuli.store.sas import sign_blob, sign_container, verify, verify_shared_key

KEY = base64.b64encode(b"k" * 64).decode()
OTHER_KEY = base64.b64encode(b"o" * 64).decode()
NOW = 1_700_000_000_000
HOUR = 3_600_000
MOMENT = datetime.fromtimestamp(NOW / 1000, UTC)
ACCOUNTS = ("lazuli", "lazuli.blob.core.lazuli.local")


def allowed(
    sas: str, needed: str, *, container: str = "c", blob: str = "a b/ü.txt", now: int = NOW, **more: Any
) -> str:
    """``""`` where the SAS allows it, else the code of the refusal."""
    try:
        verify(dict(parse_qsl(sas)), more.pop("key", KEY), ACCOUNTS, container, blob, needed, now, **more)
    except NotAllowed as problem:
        return problem.code
    return ""


def microsofts(**changes: Any) -> str:
    terms: dict[str, Any] = {
        "account_name": "lazuli",
        "container_name": "c",
        "account_key": KEY,
        "permission": ContainerSasPermissions(read=True, list=True),
        "expiry": MOMENT + timedelta(hours=1),
    }
    return generate_container_sas(**terms | changes)


def microsofts_for_a_blob(**changes: Any) -> str:
    terms: dict[str, Any] = {
        "account_name": "lazuli",
        "container_name": "c",
        "blob_name": "a b/ü.txt",
        "account_key": KEY,
        "permission": BlobSasPermissions(read=True),
        "expiry": MOMENT + timedelta(hours=1),
    }
    return generate_blob_sas(**terms | changes)


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"account_name": "lazuli.blob.core.lazuli.local"},
        {"start": MOMENT - timedelta(hours=1)},
        {"protocol": "https"},
        {"content_type": "text/plain; charset=utf-8", "content_disposition": 'attachment; filename="ü"'},
        {"encryption_scope": "scope"},
        {"expiry": "2100-01-01"},
        {"expiry": "2100-01-01T00:00Z"},
    ],
)
def test_microsofts_signatures_are_accepted(terms: dict[str, Any]) -> None:
    assert allowed(microsofts(**terms), "r") == ""
    assert allowed(microsofts(**terms), "l", blob="") == ""
    assert allowed(microsofts_for_a_blob(**terms), "r") == ""


def test_ours_are_byte_for_byte_what_microsofts_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def signature_with_our_version(generate: Any) -> str:
        monkeypatch.setattr("azure.storage.blob._shared_access_signature.X_MS_VERSION", "2021-08-06")
        return dict(parse_qsl(generate()))["sig"]

    ours = dict(parse_qsl(sign_container(KEY, "lazuli", "c", "lr", NOW + HOUR)))
    assert ours["sp"] == "rl"
    assert ours["sig"] == signature_with_our_version(microsofts)
    ours = dict(parse_qsl(sign_blob(KEY, "lazuli", "c", "a b/ü.txt", "r", NOW + HOUR)))
    assert ours["sig"] == signature_with_our_version(microsofts_for_a_blob)


def test_a_signature_is_for_one_key_one_container_one_blob() -> None:
    container, blob = (
        sign_container(KEY, "lazuli", "c", "rl", NOW + HOUR),
        sign_blob(KEY, "lazuli", "c", "a b/ü.txt", "r", NOW + HOUR),
    )
    assert allowed(container, "r") == allowed(blob, "r") == ""
    wrongs: list[dict[str, Any]] = [{"key": OTHER_KEY}, {"container": "d"}]
    for wrong in wrongs:
        assert allowed(container, "r", **wrong) == "AuthenticationFailed"
        assert allowed(blob, "r", **wrong) == "AuthenticationFailed"
    assert allowed(blob, "r", blob="a b/other.txt") == "AuthenticationFailed"
    assert allowed(blob, "r", blob="") == "AuthenticationFailed"
    assert allowed(blob.replace("sr=b", "sr=c"), "r") == "AuthenticationFailed"


def test_a_signature_lasts_until_it_expires() -> None:
    sas = sign_container(KEY, "lazuli", "c", "r", NOW + HOUR)
    assert allowed(sas, "r", now=NOW + HOUR - 1000) == ""
    assert allowed(sas, "r", now=NOW + HOUR) == "AuthenticationFailed"
    later = microsofts(start=MOMENT + timedelta(minutes=1))
    assert allowed(later, "r") == "AuthenticationFailed"
    assert allowed(later, "r", now=NOW + 60_000) == ""


def test_a_signature_allows_what_it_names() -> None:
    sas = sign_container(KEY, "lazuli", "c", "cr", NOW + HOUR)
    assert allowed(sas, "r") == allowed(sas, "cw") == ""
    assert allowed(sas, "w") == allowed(sas, "d") == "AuthorizationPermissionMismatch"
    assert allowed(sas.replace("sp=rc", "sp=rwc"), "w") == "AuthenticationFailed"
    assert allowed(sas, "") == "AuthorizationPermissionMismatch"


@pytest.mark.parametrize("field", ["sp", "se", "sv", "sr", "sig"])
def test_no_part_may_be_left_out(field: str) -> None:
    query = dict(parse_qsl(sign_container(KEY, "lazuli", "c", "r", NOW + HOUR)))
    del query[field]
    assert allowed("&".join(f"{name}={value}" for name, value in query.items()), "r") == "AuthenticationFailed"


def test_what_we_cannot_check_is_refused() -> None:
    assert allowed(microsofts(ip="10.0.0.1"), "r") == "AuthenticationFailed"
    assert allowed(microsofts(policy_id="policy"), "r") == "AuthenticationFailed"
    assert allowed(microsofts(expiry="tomorrow"), "r") == "AuthenticationFailed"
    assert allowed(microsofts(protocol="https"), "r", secure=False) == "AuthorizationProtocolMismatch"
    assert allowed("sv=2018-11-09&sr=c&sp=r&se=2100-01-01&sig=%C3%BC", "r") == "AuthenticationFailed"
    assert allowed("sv=2022-11-02&sr=c&sp=r&se=2100-01-01&sig=%C3%BC", "r") == "AuthenticationFailed"


# --- Shared Key ----------------------------------------------------------------------------------------------------


def signed_by_microsoft(method: str, url: str, headers: dict[str, str]) -> HttpRequest:
    request = HttpRequest(method, url, headers=headers)
    SharedKeyCredentialPolicy("acct", KEY).on_request(PipelineRequest(request, PipelineContext(None)))
    return request


HEADERS = {
    "x-ms-date": "Tue, 14 Nov 2023 22:13:20 GMT",
    "x-ms-version": "2021-08-06",
    "x-ms-meta-ab_c": "1",
    "x-ms-meta-ab1c": "2",
    "x-ms-meta-abc": "3",
    "x-ms-meta-a-c": "4",
    "Content-Type": "text/plain",
    "Content-Length": "0",
    "If-None-Match": "*",
}
URL = "http://127.0.0.1:1/lazuli/c/a%20b/%C3%BC%231.txt?comp=block&blockid=a%2Bb%3D&timeout=5"


def verdict(request: HttpRequest, *, key: str = KEY, now: int = NOW, method: str = "", path: str = "") -> str:
    split = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = parse_qsl(split.query, keep_blank_values=True)
    try:
        verify_shared_key(method or request.method, path or split.path, query, headers, key, now)
    except NotAllowed as problem:
        return problem.code
    return ""


def test_microsofts_shared_key_is_accepted() -> None:
    assert verdict(signed_by_microsoft("PUT", URL, HEADERS)) == ""
    assert verdict(signed_by_microsoft("PUT", URL, HEADERS | {"Content-Length": "12"})) == ""
    assert verdict(signed_by_microsoft("GET", "http://127.0.0.1:1/lazuli/c?comp=list&prefix=%C3%BC", HEADERS)) == ""


def test_shared_key_covers_all_of_the_request() -> None:
    request = signed_by_microsoft("PUT", URL, HEADERS)
    refused = "AuthenticationFailed"
    assert verdict(request, key=OTHER_KEY) == refused
    assert verdict(request, method="DELETE") == refused
    assert verdict(request, path="/lazuli/c/other") == refused
    assert verdict(request, now=NOW + 16 * 60_000) == refused
    assert verdict(request, now=NOW + 14 * 60_000) == ""
    request.headers["x-ms-meta-abc"] = "changed"
    assert verdict(request) == refused
    undated = signed_by_microsoft("PUT", URL, {name: value for name, value in HEADERS.items() if name != "x-ms-date"})
    assert verdict(undated) == refused
