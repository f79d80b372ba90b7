"""Where work runs: the engine contract, the engines, and the environments that work runs in."""
