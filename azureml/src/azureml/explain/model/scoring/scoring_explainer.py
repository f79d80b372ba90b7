"""An old import path."""

from azureml.interpret.scoring.scoring_explainer import (
    KernelScoringExplainer,
    LinearScoringExplainer,
    TreeScoringExplainer,
    save,
)

__all__ = ["KernelScoringExplainer", "LinearScoringExplainer", "TreeScoringExplainer", "save"]
