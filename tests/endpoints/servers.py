"""A server of one's own, as a user may write it: it says who it is, where it was asked, and what."""

SERVER = """
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        ill = os.path.exists("/tmp/ill-%s" % os.environ["SERVICE_NAME"])
        self.reply(503 if ill and self.path == "/live" else 200, self.path)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/predict/broken":
            return self.reply(500, "no")
        models = os.environ["AZUREML_MODEL_DIR"]
        files = sorted(os.path.join(at, name) for at, _, names in os.walk(models) for name in names)
        self.reply(200, [WORD, self.path, json.loads(body), files])

    def reply(self, status, said):
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *said):
        print("asked for", self.path, flush=True)

print("listens at", os.environ["PORT"], flush=True)
http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""
ROUTES = {
    "liveness_route": {"path": "/live", "port": 8000},
    "readiness_route": {"path": "/ready", "port": 8000},
    "scoring_route": {"path": "/predict", "port": 8000},
}


def server(word: str) -> str:
    """Its text, with a word that it says."""
    return SERVER.replace("WORD", repr(word))
