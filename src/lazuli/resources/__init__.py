"""Every noun said once: a document class per resource, and the table of them all."""
