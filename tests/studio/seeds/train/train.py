"""A training that logs what a page can show: curves, images, tables, a report. Needs nothing but Python."""

import argparse
import json
import math
import os
import random
import shutil
import struct
import time
import urllib.parse
import urllib.request
import zlib
from pathlib import Path


def ask(path, body=None, method="POST", kind="application/json"):
    """Say something to the tracking server; what it answers."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + path, data, method=method)
    request.add_header("Authorization", "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"])
    request.add_header("Content-Type", kind)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"{}")


RUN = os.environ["MLFLOW_RUN_ID"]


def log(metrics=(), params=(), tags=()):
    """Log in batches."""
    for first in range(0, max(len(metrics), 1), 1000):
        said = {"run_id": RUN, "metrics": metrics[first : first + 1000]}
        if not first:
            said.update(params=list(params), tags=list(tags))
        ask("/api/2.0/mlflow/runs/log-batch", said)


def keep(name, content, kind="application/octet-stream"):
    """Keep an artifact."""
    ask(f"/api/2.0/mlflow-artifacts/artifacts/{ROOT}/{urllib.parse.quote(name)}", content, "PUT", kind)


def root():
    """Where artifacts of this run lie, below the door of artifacts."""
    uri = ask(f"/api/2.0/mlflow/runs/get?run_id={RUN}", method="GET")["run"]["info"]["artifact_uri"]
    return uri.partition(":/")[2].strip("/")


def picture(size, seed):
    """A PNG of its own."""
    pick = random.Random(seed)
    waves = [(pick.random() * 6, pick.random() * 6, pick.random() * 6) for _ in range(3)]
    rows = b""
    for y in range(size):
        rows += b"\0" + bytes(
            int(127 + 120 * math.sin(a * x / size + b * y / size + c)) for x in range(size) for a, b, c in waves
        )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--lr", type=float, default=0.1)
    words.add_argument("--depth", type=int, default=3)
    words.add_argument("--steps", type=int, default=300)
    words.add_argument("--pause", type=float, default=0)
    words.add_argument("--fail", action="store_true")
    words.add_argument("--rich", action="store_true")
    words.add_argument("--onnx", action="store_true")
    said = words.parse_args()
    pick = random.Random(f"{said.lr} {said.depth}")
    best = 0.97 - abs(math.log10(said.lr) + 1.3) * 0.05 - abs(said.depth - 5) * 0.01
    params = [{"key": key, "value": str(value)} for key, value in vars(said).items() if key in ("lr", "depth", "steps")]
    log(params=params, tags=[{"key": "stage", "value": "trial"}])
    print("\x1b[1mTraining\x1b[0m with", "\x1b[36mlr\x1b[0m", said.lr, flush=True)
    waiting = []
    for step in range(said.steps):
        gone = 1 - math.exp(-3 * step / said.steps)
        now = {
            "loss": 2.3 * math.exp(-4 * step / said.steps) + 0.06 + pick.gauss(0, 0.02),
            "val_loss": 2.4 * math.exp(-3.4 * step / said.steps) + 0.12 + pick.gauss(0, 0.04),
            "accuracy": best * gone + pick.gauss(0, 0.006),
            "lr": said.lr * 0.5 * (1 + math.cos(math.pi * step / said.steps)),
        }
        at = int(time.time() * 1000)
        waiting += [{"key": key, "value": value, "timestamp": at, "step": step} for key, value in now.items()]
        if said.pause:
            log(waiting)
            waiting = []
            time.sleep(said.pause)
        if step % max(1, said.steps // 40) == 0:
            colour = 32 if now["loss"] < 0.5 else 33
            loss, accuracy = f"\x1b[{colour}mloss {now['loss']:.4f}\x1b[0m", f"accuracy {now['accuracy']:.4f}"
            print(f"epoch {step:5d}  {loss}  {accuracy}", flush=True)
    log(waiting)
    if said.fail:
        raise ValueError("The gradients are not finite at step 299: lower the learning rate.")
    if said.rich:
        rich(pick)
    Path("outputs").mkdir(exist_ok=True)
    if said.onnx:
        shutil.copy("tiny.onnx", "outputs/tiny.onnx")
    Path("outputs/model.json").write_text(json.dumps({"weights": [pick.random() for _ in range(20)]}))
    print("\x1b[32mDone.\x1b[0m Accuracy", round(best, 4))


def rich(pick):
    """What more a page can show."""
    folder = Path("outputs")
    folder.mkdir(exist_ok=True)
    for step in range(4):
        name = f"images/sample%step%{step}%timestamp%{int(time.time() * 1000)}%seed{step}.png"
        keep(name, picture(96, step), "image/png")
    keep("plots/surface.png", picture(240, 7), "image/png")
    words = [[f"word {n}", round(pick.random(), 4), n % 3 == 0] for n in range(60)]
    table = {"columns": ["word", "score", "kept"], "data": words}
    keep("tables/words.json", json.dumps(table).encode(), "application/json")
    said = [{"path": "tables/words.json", "type": "table"}]
    log(tags=[{"key": "mlflow.loggedArtifacts", "value": json.dumps(said)}])
    matrix = {
        "schema_type": "confusion_matrix",
        "schema_version": "1.0.0",
        "data": {"class_labels": ["cat", "dog", "fox"], "matrix": [[41, 3, 1], [5, 38, 2], [0, 4, 44]]},
    }
    keep("confusion_matrix.json", json.dumps(matrix).encode(), "application/json")
    script = "<script>said.textContent = 'A script of the report ran.'</script>"
    report = f"<!doctype html><h1>Report</h1><p id=said>Nothing ran yet.</p>{script}"
    keep("report.html", report.encode(), "text/html")
    rows = [f"{4 + pick.random() * 4:.2f},{1 + pick.random() * 5:.2f},{pick.choice('abc')}" for _ in range(300)]
    (folder / "scores.csv").write_text("\n".join(["sepal,petal,kind", *rows]))
    (folder / "notes.md").write_text("# Notes\n\nThe second run is better.\n")


ROOT = root()
if __name__ == "__main__":
    main()
