"""What enters the user's environment: standard library only, Python 3.8 syntax, nothing of ``lazuli``."""
