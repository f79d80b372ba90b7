"""The manifests of a package are what Kubernetes' own schemas take."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.clients.environments import client_environment
from tests.endpoints.onnx_models import times

from lazuli.cli.commands import root


@pytest.mark.parametrize("version", ["1.25", "1.37"])
def test_the_manifests_are_valid(tmp_path: Path, version: str) -> None:
    python = client_environment("kubernetes", ["kubernetes-validate==1.37.0"])
    times(2.0, tmp_path / "My_Model.onnx")
    words = ["model", "package", str(tmp_path / "My_Model.onnx"), "-p", str(tmp_path / "to"), "--kubernetes"]
    assert CliRunner().invoke(root, words, prog_name="lazuli").exit_code == 0
    file = tmp_path / "to" / "kubernetes.yml"

    def checked() -> str:
        command = [python.with_name("kubernetes-validate"), "--strict", "-k", version, file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    assert checked() == ""
    text = file.read_text()
    assert [text.count(f"kind: {kind}") for kind in ("Secret", "Deployment", "Service")] == [1, 1, 1]
    assert "maxUnavailable: 0" in text and "name: my-model\n" in text
    file.write_text(text.replace("maxUnavailable: 0", "maxUnavailabel: 0"))
    assert "maxUnavailabel" in checked()
