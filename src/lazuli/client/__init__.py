"""The thin client: YAML in, REST out, the server's errors raised as the classes they were. Light to install."""
