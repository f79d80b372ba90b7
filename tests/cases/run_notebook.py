"""Run a notebook headless, from top to bottom; what its cells said goes to a file as JSON.

``python run_notebook.py NOTEBOOK SAID`` in an environment with nbclient and ipykernel. Ends with 1 and the traceback
where a cell raises.
"""

# pyright: reportMissingImports=false

import json
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main(notebook: Path, said: Path) -> int:
    read = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        read, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        print(error)
        return 1
    finally:
        said.write_text(json.dumps([_text(cell) for cell in read.cells if cell.cell_type == "code"]))
    return 0


def _text(cell: nbformat.NotebookNode) -> str:
    parts = [each.get("text") or each.get("data", {}).get("text/plain", "") for each in cell.get("outputs", ())]
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
