"""Git repositories to take code from: in a folder, and behind git's own HTTP server."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WHO = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
WHO |= {f"GIT_{role}_{what}": "someone@example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *arguments: str) -> str:
    """What git says."""
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ | WHO, check=True, capture_output=True, text=True
    ).stdout.strip()


def repository(folder: Path, **files: str) -> Path:
    """A repository with one commit of these files on the branch ``main``; '__' in a name stands for a dot."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, **files)
    return folder


def commit(folder: Path, **files: str) -> str:
    """The commit that adds these files."""
    for name, text in files.items():
        file = folder / name.replace("__", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "one")
    return git(folder, "rev-parse", "HEAD")


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address at which the repositories below ``root`` are cloned from."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/moved"))
                self.end_headers()
                return
            if path.startswith("/private"):
                # An answer to credentials that git does not take for a refusal.
                self.send_response(500 if self.headers.get("authorization") else 401)
                self.send_header("WWW-Authenticate", "Basic")
                self.end_headers()
                return
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            env = {
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("content-type") or "",
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding") or "",
                "GIT_PROTOCOL": self.headers.get("git-protocol") or "",
            }
            told = subprocess.run(
                ["git", "http-backend"], input=body, env=os.environ | WHO | env, check=True, capture_output=True
            ).stdout
            head, _, content = told.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
