"""An earlier place of what is in ``azureml.pipeline`` now."""
