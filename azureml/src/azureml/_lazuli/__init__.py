"""What the package stands on: where the server is, how it is asked, and how files come and go. Not for scripts."""
