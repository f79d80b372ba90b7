"""Skills that know no server: how to search for hyperparameters, and when to give up a trial."""
