"""The commands that scripts for ``az ml`` use, with the flags they give, and what becomes of each here.

``works``: every flag is taken. ``later``: the whole command is refused by name. What stands behind ``-`` is refused by
name as well, flag by flag.
"""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "component create": ("works", "-f --file --set -o --version - --registry-name"),
    "component show": ("works", "--name --label --query -o - --registry-name"),
    "compute attach": ("later", "--file --subscription --resource-group --workspace-name"),
    "compute create": (
        "works",
        "--type --min-instances --max-instances --name --size -n -f -o - --identity-type --user-assigned-identities",
    ),
    "compute delete": ("works", "--name --yes"),
    "compute list-nodes": ("works", "--name"),
    "compute list-sizes": ("works", "-g -w --subscription --query --output"),
    "compute list-usage": ("works", "-g -w --subscription --query --output"),
    "compute restart": ("works", "--name --no-wait"),
    "compute show": ("works", "--name --query -n --resource-group --workspace-name --out"),
    "compute start": ("works", "--name --no-wait"),
    "compute stop": ("works", "--name --no-wait"),
    "compute update": ("works", "--name - --identity-type --user-assigned-identities"),
    "data create": (
        "works",
        "-f --file --name --type --path --set -o --version --subscription --resource-group --workspace",
    ),
    "data import": ("later", "-f --file"),
    "data list": ("works", "--name --query"),
    "environment create": ("works", "-f --file --set -o --version --name --build-context - --registry-name"),
    "environment show": ("works", "--name --label --query --output"),
    "job archive": ("works", "--name"),
    "job cancel": ("works", "--name"),
    "job create": ("works", "--set --query -o --file -f --web --workspace-name --resource-group --stream"),
    "job download": ("works", "--name --download-path --output-name -n --all"),
    "job list": ("works", "--query --parent-job-name -o --workspace-name --resource-group"),
    "job restore": ("works", "--name"),
    "job show": ("works", "-n --query -o --web"),
    "job show-services": ("works", "--name"),
    "job stream": ("works", "--name -n --workspace-name --resource-group"),
    "job update": ("works", "-n --set"),
    "job validate": ("works", "-f --set"),
    "model archive": ("works", "-n --version -v"),
    "model create": (
        "works",
        "--name --path --type --version -f --set -n -v -p --workspace-name --resource-group --file",
    ),
    "model download": ("works", "--name --version --download-path"),
    "model list": ("works", "--name - --registry-name"),
    "model package": ("later", "--file --name --version -n -v --registry-name"),
    "model share": ("later", "--name --version --share-with-name --share-with-version --registry-name"),
    "model show": ("works", "--name --label --query --output --version - --registry-name"),
    "workspace create": ("works", "-g -n - -m"),
    "workspace list": ("works", "--subscription --resource-group"),
    "workspace provision-network": ("later", "-g -n"),
    "workspace show": ("works", "--query -o -n --name -g"),
    "workspace update": ("works", "--subscription --resource-group --name --file"),
    "online-endpoint create": ("later", "--name -f -n --set --local --workspace-name --resource-group --file"),
    "online-endpoint invoke": ("later", "--request-file --name --deployment -n -o --local"),
    "online-deployment create": ("later", "--set --all-traffic --file -f --name --endpoint"),
    "batch-endpoint create": ("later", "--name -f -n --file"),
    "batch-deployment create": ("later", "--file --set --set-default --endpoint-name"),
}
