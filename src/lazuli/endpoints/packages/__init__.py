"""Models with all that answers for them, as an image that runs anywhere: nothing here asks a server or a daemon."""
