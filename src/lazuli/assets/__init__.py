"""Assets: data, models, environments and code by name and version, and the datastores their bytes lie on."""
