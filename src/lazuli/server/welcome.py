"""The page that a browser finds at the server's own address: what answers here, and how to get in.

Anybody may read it, so it tells no secret and nothing of what the server holds. It is one HTML document: no script,
no picture, nothing that would be fetched from elsewhere, and its policy lets a browser load nothing more.
"""

from __future__ import annotations

from functools import cache
from html import escape

from starlette.responses import Response

from lazuli import __version__
from lazuli.server.pages import is_built
from lazuli.server.routes import PUBLIC, Call, Route

__all__ = ["not_built", "welcome_routes"]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def welcome_routes() -> list[Route]:
    """The front page: it leads browsers to Studio, and tells all others what answers here."""
    return [Route("GET", "/", _welcome, PUBLIC, "A page that says what answers here", tags=("Welcome",))]


def _welcome(call: Call) -> Response:
    headers = {**HEADERS, "Vary": "Accept"}
    if is_built() and "text/html" in call.headers.get("accept", ""):
        return Response(status_code=307, headers={"Location": "/studio/", **headers})
    return Response(_page(is_studio=False), 200, headers, media_type="text/html")


def not_built() -> Response:
    """The page at Studio's addresses where there is no Studio."""
    return Response(_page(is_studio=True), 200, HEADERS, media_type="text/html")


@cache
def _page(is_studio: bool) -> str:
    ways = "".join(
        f"<section><div><h2>{title}</h2><p>{text}</p></div><pre><code>{escape(commands)}</code></pre></section>"
        for title, text, commands in _WAYS
    )
    note = f'<p class="note" role="note">{_NO_STUDIO}</p>' if is_studio else ""
    return _HTML.format(style=_STYLE, version=escape(__version__), note=note, ways=ways)


_NO_STUDIO = (
    "<strong>Studio was not built here.</strong> In a checkout <code>make studio</code> builds it; then load this page "
    "again. The command line shows the same: <code>lazuli job show -n NAME</code>, "
    "<code>lazuli job stream -n NAME</code>."
)

_WAYS = (
    (
        "Command line",
        "Submit jobs from Azure ML YAML and follow them.",
        "lazuli workspace create --name mine\nlazuli job create -f job.yml --stream\nlazuli job list",
    ),
    (
        "MLflow",
        "Plain <code>mlflow</code> logs to this server, from a job or from your own shell.",
        'eval "$(lazuli client-env)"\npython train.py',
    ),
    (
        "azure-ai-ml",
        "Microsoft’s own Python client, <code>azure.ai.ml</code>, works unchanged.",
        'eval "$(lazuli client-env)"\npython submit.py',
    ),
)

_STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #fff; --ink: #1b2233; --soft: #5a6275; --line: #e4e1d8;
  --blue: #1f4fa3; --gold: #c8a24a; --code: #f3f1ea }
@media (prefers-color-scheme: dark) { :root { --paper: #0e131f; --card: #151c2c; --ink: #e8ebf3; --soft: #9aa4ba;
  --line: #263048; --blue: #86aef5; --gold: #d9b869; --code: #0b101b } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
main { max-width: 64rem; margin: 0 auto; padding: clamp(2.5rem, 9vh, 6rem) clamp(1.25rem, 4vw, 3rem) 3rem }
h1 { margin: 0; font-size: clamp(2.4rem, 5vw, 3.4rem); line-height: 1.1; letter-spacing: -.025em }
h1 small { font-size: .95rem; font-weight: 500; letter-spacing: 0; color: var(--soft); margin-left: .6rem }
h1::before { content: ""; display: block; width: 2.6rem; height: .32rem; margin-bottom: 1.4rem; border-radius: 1rem;
  background: linear-gradient(90deg, var(--blue) 72%, var(--gold) 72%) }
.lead { max-width: 46rem; margin: .9rem 0 0; font-size: 1.2rem; color: var(--soft) }
.note { margin: 2rem 0 0; padding: .8rem 1.1rem; background: var(--card); border: 1px solid var(--line);
  border-left: .25rem solid var(--gold); border-radius: .5rem }
.ways { margin: 3rem 0; border-bottom: 1px solid var(--line) }
section { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 1rem 2.5rem; align-items: center;
  padding: 1.5rem 0; border-top: 1px solid var(--line) }
@media (max-width: 44rem) { section { grid-template-columns: minmax(0, 1fr) } }
h2 { margin: 0; font-size: 1.1rem }
section p { margin: .25rem 0 0; color: var(--soft); font-size: .98rem }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .88em }
pre { margin: 0; padding: .9rem 1.15rem; background: var(--code); border: 1px solid var(--line); border-radius: .6rem;
  white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6 }
footer { color: var(--soft); font-size: .95rem }
"""

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lazuli</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Lazuli<small>{version}</small></h1>
<p class="lead">Azure Machine Learning on your own machine. It is running: this is the address that the command
line, your training code and Microsoft’s client speak to.</p>
{note}
<div class="ways">{ways}</div>
<footer>Studio, the web interface, is at <code>/studio/</code>; <code>lazuli studio</code> prints a link that signs in.
Try <code>lazuli demo</code> to see a model trained in about a minute, and <code>lazuli --help</code> for the rest.
</footer>
</main>
</body>
</html>
"""
