"""A job that wants to run a script in the browser of whoever looks at it."""

import json
import time
from contextlib import suppress
from pathlib import Path

RUN = "document.title='ran';new Image().src='/stolen'"
WORDS = [
    f'<img src=x onerror="{RUN}">',
    f"<script>{RUN}</script>",
    f'<svg/onload="{RUN}">',
    f"javascript:{RUN}",
    f'"><iframe srcdoc="<script>parent.{RUN}</script>">',
    "{{constructor.constructor('" + RUN.replace("'", '"') + "')()}}",
    "${" + RUN + "}",
    f"[a link](javascript:{RUN}) ![a picture](x onerror={RUN}) <details open ontoggle={RUN}>",
    f"\x1b]8;;javascript:{RUN}\x07a link of a terminal\x1b]8;;\x07 \x1b[31m<b onmouseover={RUN}>red</b>\x1b[0m",
]
PAGE = """<!doctype html><h1>A report</h1><p id=said></p><script>
const said = {};
for (const [name, take] of Object.entries({
  cookie: () => document.cookie, storage: () => localStorage.length, parent: () => parent.document.title,
  opener: () => parent.localStorage.getItem("lazuli.proof"),
})) try { said[name] = take() } catch (error) { said[name] = "refused" }
const ask = (address) => fetch(address, {credentials: "include"}).then((a) => a.status, () => "refused");
Promise.all([ask("/studio/session"), ask("/subscriptions"), ask("https://example.com/")]).then((found) => {
  said.fetch = found;
  try { top.location = "/studio/tokens" } catch { said.top = "refused" }
  document.getElementById("said").textContent = JSON.stringify(said);
});
</script>"""
PICTURE = f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90" onload="{RUN}"><script>{RUN}</script></svg>'


def main():
    from train import keep, log  # which needs a job around it, the words above do not

    now = int(time.time() * 1000)
    for word in WORDS:
        print(word, flush=True)
    # What a server refuses as a name cannot be shown; what it takes is.
    for number, word in enumerate(WORDS):
        for said in (
            {"metrics": [{"key": word[:200], "value": number, "timestamp": now, "step": n} for n in range(3)]},
            {"params": [{"key": word[:200], "value": word}]},
            {"tags": [{"key": f"hostile{number}", "value": word}, {"key": word[:200], "value": word}]},
        ):
            with suppress(OSError):
                log(**said)
    keep("page.html", PAGE.encode(), "text/html")
    keep("picture.svg", PICTURE.encode(), "image/svg+xml")
    matrix = {"class_labels": WORDS[:3], "matrix": [[1, 2, 3]] * 3}
    chart = {"schema_type": "confusion_matrix", "schema_version": "1.0.0", "data": matrix}
    keep("confusion_matrix.json", json.dumps(chart).encode(), "application/json")
    table = {"columns": WORDS[:3], "data": [WORDS[3:6], WORDS[6:9]]}
    keep("tables/words.json", json.dumps(table).encode(), "application/json")
    log(tags=[{"key": "mlflow.loggedArtifacts", "value": json.dumps([{"path": "tables/words.json", "type": "table"}])}])
    Path("outputs").mkdir(exist_ok=True)
    Path("outputs/notes.md").write_text("\n\n".join(WORDS))
    Path("outputs/rows.csv").write_text("\n".join('"' + word.replace('"', '""') + '",=1+1' for word in WORDS))
    Path("outputs/said.json").write_text(json.dumps(dict(zip(WORDS, WORDS, strict=True))))
    Path("outputs/<img src=x onerror=alert(1)>.txt").write_text("A name like no other.")


if __name__ == "__main__":
    main()
