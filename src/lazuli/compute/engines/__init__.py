"""The engines: each is one file that passes :class:`lazuli.compute.contract.EngineContract`."""
