"""Browsers come in by sessions, and nothing else that a browser sends opens anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served, on_its_way

from lazuli.server.cookies import cookie_name, set_cookie


@dataclass
class Browser:
    """What a signed-in page sends."""

    client: httpx.Client
    url: str
    proof: str
    cookie: str

    def ask(self, method: str, path: str, *, cookie: str | None = None, **headers: str) -> httpx.Response:
        said = self.headers() | headers
        if cookie is not None:
            said["Cookie"] = f"{cookie_name(self.url)}={cookie}"
        return self.client.request(method, path, headers={k: v for k, v in said.items() if v})

    def headers(self) -> dict[str, str]:
        own = {"Lazuli-Session": self.proof, "Cookie": f"{cookie_name(self.url)}={self.cookie}"}
        return {**own, "Origin": self.url, "Sec-Fetch-Site": "same-origin"}


def signed_in(served: Served, client: httpx.Client, **said: str) -> Browser:
    answer = client.post("/studio/session", json=said or {"token": served.token}, headers={"Origin": served.url})
    assert answer.status_code == 201, answer.text
    name, _, cookie = answer.headers["set-cookie"].partition(";")[0].partition("=")
    assert name == cookie_name(served.url)
    return Browser(client, served.url, answer.json()["proof"], cookie)


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # each test says itself which it sends
        yield client


@pytest.fixture
def browser(served: Served, client: httpx.Client) -> Browser:
    return signed_in(served, client)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_link_signs_in_once(served: Served, client: httpx.Client) -> None:
    made = served.admin.post("/studio/session/codes").json()
    assert made["link"] == f"{served.url}/studio/sign-in#code={made['code']}"
    browser = signed_in(served, client, code=made["code"])
    me = browser.ask("GET", "/studio/session").json()
    assert (me["name"], me["role"]) == ("admin", "admin") and me["expires"] > made["expires"]
    again = client.post("/studio/session", json={"code": made["code"]})
    assert again.status_code == 401 and "lazuli studio" in again.json()["error"]["message"]


def test_the_cookie_is_kept_from_scripts_other_sites_and_caches(served: Served, client: httpx.Client) -> None:
    answer = client.post("/studio/session", json={"token": served.token})
    attributes = {part.strip() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert attributes == {"Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=2592000"}
    assert answer.headers["cache-control"] == "no-store"
    assert served.token not in answer.headers["set-cookie"] and "proof" in answer.json()
    secure = set_cookie("https://127.0.0.1:8781", "x", 1)
    assert secure.startswith("__Host-lazuli_session_8781=x; Path=/;") and secure.endswith("; Secure")


def test_a_session_does_what_its_holder_may(browser: Browser) -> None:
    assert browser.ask("GET", WS).status_code == 200
    assert browser.ask("DELETE", f"{WS}/computes/nothing-there").status_code in (200, 204, 404)


@pytest.mark.parametrize("half", ["cookie", "proof", "neither", "swapped"])
def test_one_half_opens_nothing(browser: Browser, half: str) -> None:
    cookie, proof = {
        "cookie": (browser.cookie, ""),
        "proof": ("", browser.proof),
        "neither": ("", ""),
        "swapped": (browser.proof, browser.cookie),
    }[half]
    for method, path in (("GET", WS), ("GET", "/studio/session"), ("DELETE", "/studio/session"), ("GET", "/tokens")):
        assert browser.ask(method, path, cookie=cookie, **{"Lazuli-Session": proof}).status_code == 401
    assert browser.ask("GET", WS).status_code == 200


def test_the_halves_of_two_sessions_open_nothing(served: Served, client: httpx.Client, browser: Browser) -> None:
    other = signed_in(served, client)
    assert browser.ask("GET", WS, cookie=other.cookie).status_code == 401


def test_what_a_session_is_opened_by_is_no_token(browser: Browser) -> None:
    for word in (browser.cookie, browser.proof):
        answer = browser.client.get(WS, headers={"Authorization": f"Bearer {word}"})
        assert answer.status_code == 401
        assert browser.client.post("/studio/session", json={"token": word}).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_says_that_it_comes_from_our_page(browser: Browser, method: str) -> None:
    path = "/tokens" if method == "POST" else f"{WS}/computes/csrf"
    assert code_of(browser.ask(method, path, Origin="")) == (403, "OriginNotAllowed")
    for origin in ("https://evil.example", "null", "http://localhost:1", browser.url.replace("http:", "https:")):
        assert code_of(browser.ask(method, path, Origin=origin)) == (403, "OriginNotAllowed")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_what_a_browser_sends_for_other_pages_is_refused(browser: Browser, site: str) -> None:
    """Another port of this machine is the same site, and sends the cookie."""
    assert code_of(browser.ask("GET", WS, **{"Sec-Fetch-Site": site})) == (403, "OriginNotAllowed")
    answer = browser.client.post("/studio/session", json={"token": "x"}, headers={"Sec-Fetch-Site": site})
    assert code_of(answer) == (403, "OriginNotAllowed")


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.rebound.example", "127.0.0.1:1; script-src *", "a b"])
def test_a_name_that_was_bound_anew_opens_nothing(browser: Browser, host: str) -> None:
    """A page of another name whose address became ours: its Origin and Host agree with each other."""
    for method, path in (("GET", WS), ("GET", "/studio/"), ("GET", "/shown/x/y")):
        answer = browser.ask(method, path, Host=host, Origin=f"http://{host.partition(';')[0]}")
        assert code_of(answer) == (403, "HostNotAllowed")
    answer = browser.client.post("/studio/session", json={"code": "x"}, headers={"Host": host})
    assert code_of(answer) == (403, "HostNotAllowed")


def test_signing_out_ends_the_session_in_the_server(browser: Browser) -> None:
    answer = browser.ask("DELETE", "/studio/session")
    assert answer.status_code == 204 and "Max-Age=0" in answer.headers["set-cookie"]
    for path in (WS, "/studio/session"):
        assert browser.ask("GET", path).status_code == 401


def test_a_token_has_no_session_to_end(served: Served) -> None:
    assert served.admin.get("/studio/session").json() == {"name": "admin", "role": "admin"}
    assert served.admin.delete("/studio/session").status_code == 400


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"code": 1}', b'{"token": null}', b'{"code": ""}', b'{"code": "x", "token": 1}', b"{"]
)
def test_nonsense_signs_nobody_in(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/studio/session", content=body)
    assert answer.status_code in (400, 401) and "set-cookie" not in answer.headers


def test_who_is_nobody_sends_no_large_body(client: httpx.Client) -> None:
    assert client.post("/studio/session", content=b" " * 5000).status_code == 413


def test_tokens_of_jobs_and_clients_open_no_session(served: Served, client: httpx.Client) -> None:
    """They end by themselves; a session would live on."""
    access = served.platform.access
    job = access.job_token("someone", SCOPE, "Signs", on_its_way(served, "Signs"))
    short, _ = access.access_token(access.admin(), "x")
    for token in (job, short):
        assert client.post("/studio/session", json={"token": token}).status_code == 401
    answer = client.post("/studio/session/codes", headers={"Authorization": f"Bearer {job}"})
    assert answer.status_code == 403


def test_sessions_are_listed_with_their_browser_and_ended_one_by_one(served: Served, client: httpx.Client) -> None:
    client.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    mine, other = signed_in(served, client), signed_in(served, client)
    listed = mine.ask("GET", "/studio/sessions")
    (current,) = [each for each in listed.json()["value"] if each["current"]]
    assert current["browser"] == "Firefox on Linux"
    assert not [word for word in (mine.cookie, mine.proof, other.cookie, other.proof) if word in listed.text]
    (theirs,) = [each["id"] for each in other.ask("GET", "/studio/sessions").json()["value"] if each["current"]]
    assert mine.ask("DELETE", f"/studio/sessions/{theirs}").status_code == 204
    assert other.ask("GET", WS).status_code == 401
    assert mine.ask("GET", WS).status_code == 200


def test_a_named_token_is_shown_once_and_revoked_at_once(
    served: Served, browser: Browser, client: httpx.Client
) -> None:
    headers = {"Lazuli-Session": browser.proof, "Origin": browser.url}
    headers["Cookie"] = f"{cookie_name(browser.url)}={browser.cookie}"
    made = client.post("/tokens", json={"name": "anna", "role": "reader", "days": 7}, headers=headers)
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    token = {"Authorization": f"Bearer {made.json()['token']}"}
    assert client.get(WS, headers=token).status_code == 200
    assert code_of(client.delete(f"{WS}/computes/c", headers=token)) == (403, "AuthorizationFailed")
    assert client.get("/tokens", headers=token).status_code == 403
    listed = browser.ask("GET", "/tokens")
    assert made.json()["token"] not in listed.text
    (anna,) = [each for each in listed.json()["value"] if each["name"] == "anna"]
    assert (anna["role"], anna["createdBy"]) == ("reader", "admin") and anna["lastUsedAt"]
    hers = signed_in(served, client, token=made.json()["token"])
    assert hers.ask("GET", "/studio/session").json()["name"] == "anna"
    assert browser.ask("DELETE", "/tokens/anna").status_code == 204
    assert client.get(WS, headers=token).status_code == 401
    assert hers.ask("GET", WS).status_code == 401
    assert browser.ask("DELETE", "/tokens/anna").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": 1},
        {"name": "a\nb"},
        {"name": "x", "days": "7"},
        {"name": "x", "days": True},
        {"name": "x", "role": 1},
    ],
)
def test_a_token_that_is_said_wrongly_is_refused(served: Served, body: dict) -> None:
    assert served.admin.post("/tokens", json=body).status_code == 400


@pytest.mark.parametrize("value", ["\r\nX-Evil: 1", "x; Domain=evil.example", "é", "x" * 4000])
def test_no_header_is_made_of_what_was_sent(client: httpx.Client, value: str) -> None:
    for said in ({"code": value}, {"token": value}):
        answer = client.post("/studio/session", json=said)
        assert answer.status_code in (401, 413)
        assert "x-evil" not in answer.headers and "set-cookie" not in answer.headers
    proof = value.encode("latin-1", "replace").replace(b"\r\n", b"")
    headers = [(b"Lazuli-Session", proof), (b"Cookie", b"a=b")]
    assert client.get(WS, headers=headers).status_code == 401


def test_a_stream_ends_with_the_session_that_listens(served: Served, browser: Browser) -> None:
    """What happens after somebody signed out is told to nobody."""
    with browser.client.stream("GET", f"{WS}/events", headers=browser.headers()) as heard:
        lines = heard.iter_lines()
        assert next(lines).startswith("id: ")
        assert browser.ask("DELETE", "/studio/session").status_code == 204
        assert_unheard(served, lines)


def test_a_stream_ends_with_the_token_that_listens(served: Served, client: httpx.Client) -> None:
    token = served.admin.post("/tokens", json={"name": "listener", "role": "reader"}).json()["token"]
    with client.stream("GET", f"{WS}/events", headers={"Authorization": f"Bearer {token}"}) as heard:
        lines = heard.iter_lines()
        assert next(lines).startswith("id: ")
        assert served.admin.delete("/tokens/listener").status_code == 204
        assert_unheard(served, lines)


def assert_unheard(served: Served, lines: Iterator[str]) -> None:
    """A stream ends before it tells what happens now."""
    compute = f"{WS}/computes/unheard"
    body = {
        "location": "here",
        "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_DS3_V2"}},
    }
    assert served.admin.put(compute, json=body).status_code in (200, 201)
    assert "unheard" not in "".join(lines)
    served.admin.delete(f"{compute}?underlyingResourceAction=Delete")
