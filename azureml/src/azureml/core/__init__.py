"""The room of the SDK v1 package. Today it tells its version and nothing else."""

VERSION = "0.1.0"
