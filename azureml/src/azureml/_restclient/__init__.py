"""Private paths of the SDK v1 that scripts import all the same."""
