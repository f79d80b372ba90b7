"""What to use instead of modules."""

MODULES = "Name the script itself in a PythonScriptStep, or keep it as a component of v2."
