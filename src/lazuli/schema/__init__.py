"""How a document is said: dialects, references, bindings and problems. The lowest floor."""
