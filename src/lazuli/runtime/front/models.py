"""A deployment of an ONNX model, answered in this process.

``POST /score`` takes a table or tensors in JSON, in the forms of Azure and of MLflow:
``{"input_data": [[5.1, 3.5], …]}``, ``{"input_data": {"columns": […], "data": [[…], …]}}``, a list of objects,
or an object of columns or tensors by name; ``dataframe_split``, ``dataframe_records``, ``instances`` and ``inputs``
are read as well. A model of one output answers with its list; one of several with an object. ``"outputs": ["label"]``
in the body, or ``?outputs=label``, chooses.

``GET /swagger.json?version=2|3|3.1`` tells the types, and ``/v2`` speaks the Open Inference Protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Awaitable, Sequence
from typing import Any, Literal, overload
from urllib.parse import parse_qs

import numpy as np
import onnxruntime as ort
import orjson
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from lazuli.runtime.front import protocol
from lazuli.runtime.front.bench import Bench
from lazuli.runtime.front.processes import blamed
from lazuli.runtime.front.requests import Request
from lazuli.runtime.front.table import ModelSaid, WrongTable
from lazuli.runtime.front.tensors import Feeds, answered, ports_of
from lazuli.runtime.front.wire import Answer, Refusal, error
from lazuli.runtime.inside.lazuli_score import swagger

__all__ = ["Model"]

QUICK_S = 0.002
"""A run that is expected to take no longer is made at once; a thread would cost more than it spares others."""
LARGE = 512 * 1024
"""Bytes of a body that is read in a thread."""
_DUMP = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_HEADERS = (
    b"content-type: application/json\r\nx-ms-run-function-failed: False\r\nx-ms-run-fn-exec-ms: %.3f\r\n"
    b"ms-azureml-model-time: %.3f\r\n"
)


class Model:
    """A loaded model and its routes."""

    def __init__(self, deployment: str, said: ModelSaid) -> None:
        self.said = said
        self.name = said.name or deployment
        self.session = loaded(deployment, said)
        self.ports = ports_of(self.session)
        self._all = tuple(port.name for port in self.ports.outputs)
        cores = len(os.sched_getaffinity(0))
        self._is_batched = said.batch > 1 and self.ports.are_batchable
        self._row_s = QUICK_S  # seconds that a row takes
        self._bench = Bench(self.run, said.runners or cores, said.batch if self._is_batched else 1)
        self._try()
        self._pending = 0
        self._documents = self._written()

    def run(self, names: tuple[str, ...], feeds: Feeds) -> list[Any]:
        """The outputs of these names. What a row takes is learnt from every run."""
        began = time.perf_counter()
        outputs: Any = self.session.run(names, feeds)
        self._row_s += 0.1 * ((time.perf_counter() - began) / max(1, rows_of(feeds)) - self._row_s)
        return outputs

    def state(self) -> dict[str, Any]:
        """How busy it is."""
        providers = self.session.get_providers()
        return {
            "in_flight": self._pending,
            "waiting": len(self._bench),
            "seats": 1,
            "providers": providers,
            "absent_providers": [name for name in self.said.providers if name not in providers],
        }

    def close(self) -> None:
        """End the threads."""
        self._bench.close()

    def answer(self, request: Request) -> Answer | Awaitable[Answer]:
        """The answer of a route."""
        head = request.head
        if head.path == b"/score":
            if head.method != b"POST":
                return blamed(error(405, "POST the data to /score."), 405, time.perf_counter())
            return self._aside(request) if len(request.body) > LARGE else self._scored(request)
        if head.path.startswith(b"/v2"):
            return self._inferred(request)
        if head.path == b"/swagger.json":
            return self._document(head.query)
        return error(404, "There are /score, /swagger.json and /v2.")

    async def _aside(self, request: Request) -> Answer:
        """The answer to a body whose reading alone would hold others up."""
        return await asyncio.to_thread(self._scored, request, is_alone=True)

    @overload
    def _scored(self, request: Request, is_alone: Literal[True]) -> Answer: ...
    @overload
    def _scored(self, request: Request) -> Answer | Awaitable[Answer]: ...
    def _scored(self, request: Request, is_alone: bool = False) -> Answer | Awaitable[Answer]:
        began = time.perf_counter()
        try:
            names, feeds = self._asked(request)
            if is_alone or self._is_quick(feeds):
                return self._said(names, self.run(names, feeds), began)
            return self._scored_later(names, feeds, began)
        except Refusal as refusal:
            return blamed(error(refusal.status, str(refusal)), refusal.status, began)
        except InvalidArgument as wrong:
            return refused(wrong, began)
        except Exception as wrong:
            return failed(wrong, began)

    async def _scored_later(self, names: tuple[str, ...], feeds: Feeds, began: float) -> Answer:
        try:
            outputs = await self._later(names, feeds)
            return self._said(names, outputs, began)
        except Refusal as refusal:
            return error(refusal.status, str(refusal))
        except InvalidArgument as wrong:
            return refused(wrong, began)
        except Exception as wrong:
            return failed(wrong, began)

    async def _later(self, names: tuple[str, ...], feeds: Feeds) -> list[Any]:
        """The outputs, by one of the threads. Raises :class:`Refusal` where too many wait, or it takes too long."""
        if self._pending >= self.said.waiting:
            raise Refusal(429, f"{self._pending} requests are being answered or wait. Try again in a moment.")
        self._pending += 1
        try:
            async with asyncio.timeout(self.said.timeout_ms / 1000):
                return await self._bench.ask(names, feeds, rows_of(feeds))
        except TimeoutError:
            raise Refusal(408, f"The deployment took longer than {self.said.timeout_ms} ms.") from None
        finally:
            self._pending -= 1

    def _asked(self, request: Request) -> tuple[tuple[str, ...], Feeds]:
        """The outputs that are wanted, and the inputs."""
        try:
            said = orjson.loads(request.body)
        except orjson.JSONDecodeError as wrong:
            raise Refusal(400, f"The body is no JSON: {wrong}") from None
        feeds = self.ports.feeds(said)
        wanted = said.get("outputs") if isinstance(said, dict) else None
        if wanted is None and request.head.query:
            wanted = parse_qs(request.head.query.decode("latin-1")).get("outputs")
        return self.chosen(wanted), feeds

    def chosen(self, wanted: Any) -> tuple[str, ...]:
        """The outputs of these names; all where none are named. Raises :class:`Refusal`."""
        if wanted is None:
            return self._all
        if not isinstance(wanted, list) or not wanted or any(name not in self._all for name in wanted):
            raise Refusal(400, f"outputs: name some of {', '.join(self._all)} in a list.")
        return tuple(wanted)

    def _is_quick(self, feeds: Feeds) -> bool:
        return not self._is_batched and self._row_s * rows_of(feeds) < QUICK_S

    def _said(self, names: tuple[str, ...], outputs: list[Any], began: float) -> Answer:
        ms = (time.perf_counter() - began) * 1000
        if len(outputs) == 1:
            body = orjson.dumps(answered(outputs[0]), option=_DUMP)
        else:
            said = {name: answered(output) for name, output in zip(names, outputs, strict=True)}
            body = orjson.dumps(said, option=_DUMP)
        return Answer(200, _HEADERS % (ms, ms), body)

    def _try(self) -> None:
        """Warm the model up and learn what a row takes, where it takes what can be made up."""
        feeds = {}
        for port in self.ports.inputs:
            if port.dtype is None:
                return
            shape = [1 if size is None else size for size in port.shape]
            feeds[port.name] = np.full(shape, "" if port.dtype == object else 0, port.dtype)
        with contextlib.suppress(Exception):
            self.run(self._all, feeds)  # the first one makes room, and tells nothing
            self._row_s = min(self._timed(feeds) for _ in range(5))

    def _timed(self, feeds: Feeds) -> float:
        began = time.perf_counter()
        self.run(self._all, feeds)
        return time.perf_counter() - began

    def _inferred(self, request: Request) -> Answer | Awaitable[Answer]:
        try:
            route = protocol.route(request.head.path, self.name)
            if route != protocol.INFER:
                return protocol.described(route, self.name, self.ports)
            if request.head.method != b"POST":
                return protocol.wrong(405, "POST the inputs.")
            asked = protocol.read(request, self.ports)
            names = self.chosen(list(asked.outputs) or None)
            if self._is_quick(asked.feeds):
                return protocol.written(asked, self.name, names, self.run(names, asked.feeds), self.ports)
            return self._inferred_later(asked, names)
        except Refusal as refusal:
            return protocol.wrong(refusal.status, str(refusal))
        except Exception as wrong:
            return protocol.wrong(400, first_line(wrong))

    async def _inferred_later(self, asked: protocol.Asked, names: tuple[str, ...]) -> Answer:
        try:
            return protocol.written(asked, self.name, names, await self._later(names, asked.feeds), self.ports)
        except Refusal as refusal:
            return protocol.wrong(refusal.status, str(refusal))
        except Exception as wrong:
            return protocol.wrong(400, first_line(wrong))

    def _document(self, query: bytes) -> Answer:
        version = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("version", ["2"])[0]
        if version in self._documents:
            return Answer(200, b"content-type: application/json\r\n", self._documents[version])
        known = ", ".join(self._documents)
        says = f"Swagger version [{version}] is not valid. Supported versions: [{known}]."
        return blamed(error(404, says), 404, time.perf_counter())

    def _written(self) -> dict[str, bytes]:
        taken, given = self.ports.input_schema(), self.ports.output_schema()
        return {
            version: orjson.dumps((swagger.swagger if version == "2" else swagger.openapi)(version, taken, given))
            for version in swagger.OPENAPI
        }


def loaded(deployment: str, said: ModelSaid) -> ort.InferenceSession:
    """The model, on the first of the wanted providers that this machine has. Raises :class:`WrongTable`."""
    ort.disable_telemetry_events()  # nobody outside is told what runs here
    options = ort.SessionOptions()
    options.intra_op_num_threads = said.threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others need the cores
    options.log_severity_level = 3
    here = ort.get_available_providers()
    providers = [name for name in said.providers if name in here]
    if "CPUExecutionProvider" not in providers:
        providers.append("CPUExecutionProvider")
    try:
        session = ort.InferenceSession(str(said.model), options, providers=providers)
    except Exception as wrong:  # ONNX Runtime has a class of errors for each status
        raise WrongTable(f"deployments.{deployment}.model: it cannot be loaded: {first_line(wrong)}") from None
    for name in said.providers:
        if name not in session.get_providers():  # one that is here may still lack its libraries or its device
            print(f"deployments.{deployment}: {_why_absent(name, here, session.get_providers())}", file=sys.stderr)
    return session


def _why_absent(name: str, here: Sequence[str], used: Sequence[str]) -> str:
    """Why a provider is not in use, what is instead, and how it could be had."""
    instead = f"it runs on {', '.join(used)}."
    if name in here:
        return f"{name} does not start on this machine (its driver or libraries are missing); {instead}"
    package = _PACKAGES.get(name)
    mend = f" It comes with the package {package}, in an environment of its own." if package else ""
    return f"{name} is not in the ONNX Runtime of this server; {instead}{mend}"


_PACKAGES = {
    "OpenVINOExecutionProvider": "onnxruntime-openvino",
    "CUDAExecutionProvider": "onnxruntime-gpu",
    "TensorrtExecutionProvider": "onnxruntime-gpu",
    "DmlExecutionProvider": "onnxruntime-directml",
}


def rows_of(feeds: Feeds) -> int:
    """How many rows a request has."""
    for value in feeds.values():
        return value.shape[0] if value.ndim else 1
    return 1


def refused(wrong: Exception, began: float) -> Answer:
    """The answer to data that the model does not take."""
    return blamed(error(400, first_line(wrong)), 400, began)


def failed(wrong: Exception, began: float) -> Answer:
    """The answer to data over which the model failed."""
    print(f"The model failed: {wrong}", file=sys.stderr, flush=True)
    return blamed(error(500, "The model failed over these data. The log has the details."), 500, began)


def first_line(wrong: Exception) -> str:
    """What an error of ONNX Runtime says."""
    return str(wrong).strip().partition("\n")[0]
