"""Pipelines: scripts that run one after another, each as soon as what it reads is there."""
