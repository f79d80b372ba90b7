"""Drafts of pipelines, which are kept in Studio here."""

from __future__ import annotations

from azureml._lazuli.declined import Declined

__all__ = ["PipelineDraft"]


class PipelineDraft(Declined):
    """A pipeline that is not submitted yet."""

    _instead = "Keep the script that makes the pipeline, or publish it with Pipeline.publish."
