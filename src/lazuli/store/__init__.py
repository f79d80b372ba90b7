"""What is kept: settings, database, documents, journal, reconciler, metric points, blobs and secrets."""
