"""What deployments are made of: a model, the script that asks it, and an environment, each settled to one version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lazuli.assets.kinds import Codes, Environments, Models
from lazuli.assets.runnable import code_of, environment_of, spelt
from lazuli.endpoints.plain import PlainModels
from lazuli.resources.deployment import Deployment
from lazuli.resources.model import Model
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput
from lazuli.shelves.principal import Principal

__all__ = ["Assets"]


@dataclass(frozen=True)
class Assets:
    """What deployments of one kind are made of."""

    models: Models
    codes: Codes
    environments: Environments
    plain: PlainModels

    def keep_environment(self, scope: Scope, said: Deployment, actor: Principal) -> None:
        """Keep the environment that a model without a script needs, where the deployment names none."""
        if not isinstance(said.model, str) or said.environment is not None or said.code_configuration:
            return
        model = self.models.resolve(scope, said.model, target="model")
        if needed := self.plain.environment(model):
            self.environments.put(ResourceId(scope, "environments", *needed.id), needed.document, actor)

    def settled(self, scope: Scope, said: Deployment, word: str, *, own_server: bool = False) -> dict[str, Any]:
        """The fields of a deployment that are references, each settled. What is a server of its own needs no script.

        Raises :class:`InvalidInput` for what does not exist, and where nothing says how the model is asked.
        """
        if isinstance(said.model, Model):
            raise InvalidInput(
                "A model written inside the deployment is registered by the client first.",
                target="model",
                mend=f"Use 'lazuli {word} create' or azure-ai-ml, or name a registered one.",
            )
        model = self.models.resolve(scope, said.model, target="model") if said.model else None
        configured = said.code_configuration
        changes: dict[str, Any] = {"model": spelt(model) if model else None}
        if further := getattr(said, "further_models", None):
            if configured is None:
                raise InvalidInput(
                    "Several models are asked by a script, and there is none.",
                    target="further_models",
                    mend="Give 'code_configuration' with a scoring script, or one model alone.",
                )
            found = [self.models.resolve(scope, each, target="further_models") for each in further]
            changes["further_models"] = [spelt(each) for each in found]
        if own_server or (configured is not None and configured.scoring_script):
            if configured is not None:
                code = code_of(self.codes, scope, configured.code, word)
                changes["code_configuration"] = configured.model_copy(update={"code": code})
            changes["environment"] = environment_of(self.environments, scope, said.environment, word)
        elif model is not None and self.plain.kind(model):
            changes["code_configuration"] = None
            needed = None if said.environment else self.plain.environment(model)
            if chosen := said.environment or (needed and f"azureml:{':'.join(needed.id)}"):
                changes["environment"] = environment_of(self.environments, scope, chosen, word)
        else:
            raise InvalidInput(
                "Nothing says how the model is asked.",
                target="code_configuration",
                mend="Give 'code_configuration' with a scoring script that has init() and run(data). Models that need "
                "none are one ONNX file, and 'mlflow_model'.",
            )
        return changes
