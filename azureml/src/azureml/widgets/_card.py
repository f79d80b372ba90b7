"""A run as HTML. It takes the notebook's own letters and ground, so that it looks right in light and in dark ones."""

from __future__ import annotations

from html import escape
from typing import Any, Iterable

from azureml.widgets import _curves, _words
from azureml.widgets._reading import Child, Search, View

_MOST_ROWS = 20
_MOST_PARAMETERS = 6
_MARK = (
    '<svg class="mark" viewBox="0 0 32 32"><path d="M16 2 28 10v12L16 30 4 22V10Z" fill="#1f4fa3"/>'
    '<path d="M16 2 28 10 16 16 4 10Z" fill="#3f78d6"/><path d="M16 16v14L4 22V10Z" fill="#16397a"/>'
    '<path d="m16 16 12-6v3l-12 6-4-2v-3z" fill="#d9b869"/></svg>'
)
_BEST = ' class="best"'
_STATES = {"Completed": "good", "Failed": "bad", "Canceled": "off", "Running": "on", "Finalizing": "on"}
_STYLE = """
.lazuli-run{font-size:13px;line-height:1.45;max-width:960px;border:1px solid rgba(128,128,128,.35);border-radius:8px;
padding:12px 14px;margin:2px 0;color:inherit;box-sizing:border-box;overflow:hidden}
.lazuli-run *{box-sizing:border-box}
.lazuli-run .top{display:flex;align-items:center;gap:8px;flex-wrap:wrap}
.lazuli-run .mark{width:18px;height:18px;flex:none}
.lazuli-run .name{font-weight:600;font-size:14px;overflow-wrap:anywhere}
.lazuli-run .side{margin-left:auto}
.lazuli-run a{color:#4c81d9;text-decoration:none}
.lazuli-run a:hover{text-decoration:underline}
.lazuli-run .faint{opacity:.68}
.lazuli-run .mono{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px}
.lazuli-run .state{display:inline-flex;align-items:center;gap:6px;white-space:nowrap}
.lazuli-run .state::before{content:"";width:8px;height:8px;border-radius:50%;background:#c9a227;flex:none}
.lazuli-run .good::before{background:#2f9e77}
.lazuli-run .bad::before{background:#d0524b}
.lazuli-run .off::before{background:#8a8f98}
.lazuli-run .on::before{background:#3b7dd8;animation:lazuli-on 1.4s ease-in-out infinite}
@keyframes lazuli-on{50%{opacity:.25}}
@media (prefers-reduced-motion:reduce){.lazuli-run .on::before{animation:none}}
.lazuli-run .error{margin-top:10px;padding:6px 10px;border-left:3px solid #d0524b;background:rgba(208,82,75,.12);
white-space:pre-wrap;overflow-wrap:anywhere}
.lazuli-run .curves{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:8px;margin-top:12px}
.lazuli-run .curve{border:1px solid rgba(128,128,128,.25);border-radius:6px;padding:6px 8px;min-width:0}
.lazuli-run .curve .what{display:flex;justify-content:space-between;gap:8px}
.lazuli-run .curve .what span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.lazuli-run .curve svg{display:block;width:100%;height:auto;margin-top:4px}
.lazuli-run .value{font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.lazuli-run h4{margin:14px 0 6px;font-size:13px;font-weight:600;display:flex;gap:8px;align-items:baseline}
.lazuli-run h4 span{font-weight:400}
.lazuli-run .rows{overflow-x:auto;margin-top:8px}
.lazuli-run .more{opacity:.68;margin-top:4px}
.lazuli-run table{border-collapse:collapse;table-layout:auto;width:100%;font-size:12.5px;margin:0;border:none}
.lazuli-run tr,.lazuli-run tbody tr:nth-child(odd),.lazuli-run tbody tr:nth-child(even){background:none}
.lazuli-run tr.best{background:rgba(59,125,216,.14)!important}
.lazuli-run th,.lazuli-run td{text-align:left;padding:4px 10px 4px 6px;white-space:nowrap;vertical-align:middle;
border:none;border-bottom:1px solid rgba(128,128,128,.22);line-height:1.45;max-width:260px;
overflow:hidden;text-overflow:ellipsis;color:inherit;background:none}
.lazuli-run th{font-weight:400;opacity:.68}
.lazuli-run th.right,.lazuli-run td.right{text-align:right;font-variant-numeric:tabular-nums}
.lazuli-run pre{margin:0;padding:8px 10px;border-radius:6px;background:rgba(128,128,128,.12);color:inherit;
font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px;line-height:1.4;white-space:pre-wrap;
overflow-wrap:anywhere}
"""


def drawn(view: View) -> str:
    """The run, whole."""
    parts = [_head(view), _error(view), _curves_of(view), _children(view), _log(view)]
    return f'<div class="lazuli-run"><style>{_STYLE}</style>{"".join(parts)}</div>'


def _head(view: View) -> str:
    facts = (_words.kind(view), f"experiment {view.experiment}", view.target and f"on {view.target}")
    told = " · ".join(escape(fact) for fact in facts if fact)
    named = "" if view.name == view.id else f' · <span class="mono">{escape(view.id)}</span>'
    time = _words.duration(view.seconds)
    return (
        f'<div class="top">{_MARK}<span class="name">{escape(view.name)}</span>{_state(view.status)}'
        f'<span class="faint">{time}</span><span class="side">{_link(view.url, "Open in Studio")}</span></div>'
        f'<div class="faint">{told}{named}</div>'
    )


def _error(view: View) -> str:
    return f'<div class="error">{escape(view.error)}</div>' if view.error else ""


def _curves_of(view: View) -> str:
    shown = []
    for at, curve in enumerate(view.curves):
        colour = _curves.COLOURS[at % len(_curves.COLOURS)]
        values = [value for _, value in curve.points]
        title = f"{curve.name}: {len(values)} values, {_curves.span(values)}"
        points = [(float(step), value) for step, value in curve.points]
        if len({step for step, _ in points}) < len(points):  # a metric that was logged without steps
            points = [(float(place), value) for place, value in enumerate(values)]
        shown.append(_curve(curve.name, curve.last, _curves.line(points, colour, title) if len(points) > 1 else ""))
    if not shown:
        return ""
    more = f'<div class="more">and {view.more_metrics} more in Studio</div>' if view.more_metrics else ""
    return f'<div class="curves">{"".join(shown)}</div>{more}'


def _curve(name: str, last: float, picture: str) -> str:
    what = f'<span title="{escape(name)}">{escape(name)}</span><span class="value">{_words.number(last)}</span>'
    return f'<div class="curve"><div class="what">{what}</div>{picture}</div>'


def _children(view: View) -> str:
    if not view.children:
        return ""
    rows = _words.ranked(view.children, view.search)[:_MOST_ROWS]
    named = {"hyperdrive": "Trials", "azureml.PipelineRun": "Steps"}.get(view.type, "Child runs")
    left = len(view.children) - len(rows)
    more = f'<div class="more">and {left} more in Studio</div>' if left else ""
    title = f'<h4>{named}<span class="faint">{escape(_words.counted(view.children))}</span></h4>'
    return f"{title}{_searched(view)}{_table(rows, view.search)}{more}"


def _searched(view: View) -> str:
    """How the search went: the measure of each trial, and the best so far."""
    if view.search is None:
        return ""
    metric = view.search.metric
    points = [
        (float(number), child.metrics[metric]) for number, child in enumerate(view.children) if metric in child.metrics
    ]
    if not points:
        return ""
    best = (max if view.search.is_maximised else min)(value for _, value in points)
    picture = _curves.dots(points, view.search.is_maximised, f"{metric} of {len(points)} trials")
    return f'<div class="curves">{_curve(f"Best {metric}", best, picture)}</div>'


def _table(rows: list[Child], search: Search | None) -> str:
    parameters = list(dict.fromkeys(name for child in rows for name in child.parameters))[:_MOST_PARAMETERS]
    metrics = [search.metric] if search else _shared(rows)
    right = {*metrics, "Time"}
    head = ("Name", "State", *metrics, *parameters, "Time")
    heads = "".join(f"<th{_right(word in right)}>{escape(word)}</th>" for word in head)
    body = "".join(_row(child, parameters, metrics, search) for child in rows)
    return f'<div class="rows"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(child: Child, parameters: Iterable[str], metrics: Iterable[str], search: Search | None) -> str:
    cells = [_cell(_link(child.url, child.name)), _cell(_state(child.status))]
    cells += [_cell(_measured(child, name), True) for name in metrics]
    cells += [_cell(escape(_said(child.parameters.get(name)))) for name in parameters]
    cells.append(_cell(_words.duration(child.seconds), True))
    is_best = search is not None and child.id == search.best
    return f"<tr{_BEST if is_best else ''}>{''.join(cells)}</tr>"


def _shared(rows: list[Child]) -> list[str]:
    """The metrics that stand beside children of no search: a few that most of them have."""
    counts: dict[str, int] = {}
    for child in rows:
        for name in child.metrics:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:3]


def _measured(child: Child, name: str) -> str:
    return _words.number(child.metrics[name]) if name in child.metrics else ""


def _said(value: Any) -> str:
    return "" if value is None else _words.number(value) if isinstance(value, float) else str(value)


def _cell(inside: str, is_right: bool = False) -> str:
    return f"<td{_right(is_right)}>{inside}</td>"


def _right(is_right: bool) -> str:
    return ' class="right"' if is_right else ""


def _log(view: View) -> str:
    name, lines = view.log
    if not lines:
        return ""
    text = escape("\n".join(lines))
    return f'<h4>Log<span class="faint mono">{escape(name)}</span></h4><pre>{text}</pre>'


def _state(status: str) -> str:
    return f'<span class="state {_STATES.get(status, "")}">{escape(status)}</span>'


def _link(url: str, word: str) -> str:
    return f'<a href="{escape(url)}" target="_blank" rel="noopener" title="{escape(word)}">{escape(word)}</a>'
