"""The artifact part of the MLflow door: files put, listed, read and removed through the server."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import Any

from starlette.responses import FileResponse, Response

from lazuli.schema.problems import Unsupported
from lazuli.server.mlflow.door import PREFIX, done, run_id_of, text_of
from lazuli.server.routes import Call, Route, reply
from lazuli.store.paths import clean
from lazuli.tracking.artifacts import Artifact, Artifacts
from lazuli.tracking.rules import invalid
from lazuli.tracking.runs import Runs

__all__ = ["file_of", "file_routes", "listing"]

SCHEME = "mlflow-artifacts:/"


def file_routes(artifacts: Artifacts, runs: Runs) -> list[Route]:
    """The routes for files."""

    def get(call: Call) -> Response:
        return file_of(artifacts, call, call.params["path"])

    def get_of_run(call: Call) -> Response:
        return file_of(artifacts, call, f"{root_of_run(call)}/{clean(text_of(call.query, 'path', required=True))}")

    def put(call: Call) -> Response:
        assert call.upload is not None  # an upload's body is always spooled
        artifacts.put(call.scope, call.params["path"], call.upload, content_type=call.headers.get("content-type", ""))
        return done()

    def delete(call: Call) -> Response:
        artifacts.delete(call.scope, call.params["path"])
        return done()

    def list_folder(call: Call) -> Response:
        folder = text_of(call.query, "path")
        return reply({"files": listing(artifacts.list(call.scope, folder), folder)})

    def root_of_run(call: Call) -> str:
        run = runs.get(call.scope, run_id_of(call.query))
        if not run.artifact_uri.startswith(SCHEME):
            raise invalid(f"The artifacts of run '{run.id}' are kept elsewhere: {run.artifact_uri}.")
        return run.artifact_uri.removeprefix(SCHEME)

    def list_run(call: Call) -> Response:
        root, folder = root_of_run(call), text_of(call.query, "path")
        path = f"{root}/{clean(folder)}" if folder else root
        return reply({"root_uri": f"{SCHEME}{root}", "files": listing(artifacts.list(call.scope, path), root)})

    def no_multipart(_: Call) -> Response:
        # The client knows this very sentence and sends the file in one piece instead.
        raise Unsupported("Multipart upload is not supported for the current artifact repository")

    def no_presigned(_: Call) -> Response:
        raise Unsupported("Presigned downloads are not supported for the current artifact repository")

    api, files = f"{PREFIX}/api/2.0/mlflow-artifacts", f"{PREFIX}/api/2.0/mlflow-artifacts/artifacts"
    read, write = "artifacts/read", "artifacts/write"
    return [
        Route("GET", f"{PREFIX}/api/2.0/mlflow/artifacts/list", list_run, read, "List a run's artifacts."),
        Route("GET", f"{PREFIX}/get-artifact", get_of_run, read, "Read an artifact of a run."),
        Route("GET", files, list_folder, read, "List artifacts in a folder."),
        Route("GET", f"{files}/{{path:path}}", get, read, "Read an artifact."),
        Route("PUT", f"{files}/{{path:path}}", put, write, "Store an artifact.", upload=True),
        Route("DELETE", f"{files}/{{path:path}}", delete, write, "Remove an artifact, or a folder of them."),
        Route("POST", f"{api}/mpu/{{rest:path}}", no_multipart, write, "Not supported: upload in one piece."),
        Route("GET", f"{api}/presigned/{{rest:path}}", no_presigned, read, "Not supported: read through the server."),
    ]


def file_of(artifacts: Artifacts, call: Call, path: str) -> Response:
    """The artifact at ``path``, as it was stored."""
    blob, file = artifacts.open(call.scope, path)
    name = PurePosixPath(blob.name).name
    kind = blob.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    # Uploaded pages must not act as pages of this server.
    safe = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    return FileResponse(file, headers=safe, media_type=kind, filename=name)


def listing(found: list[Artifact], root: str) -> list[dict[str, Any]]:
    """Entries in MLflow's shape, with paths relative to ``root``."""
    base = clean(root) if root.strip("/.") else ""
    return [
        {"path": str(PurePosixPath(one.path).relative_to(base)), "is_dir": one.is_folder}
        | ({} if one.is_folder else {"file_size": one.size})
        for one in found
    ]
