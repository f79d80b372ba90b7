"""Skills that know no server: how to search for hyperparameters, when to give up a trial, models as ONNX."""
