"""What trains, under the import paths of v1."""
