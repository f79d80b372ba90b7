"""Container images made without a daemon, in OCI's layout: files of this machine, in layers that never differ."""
