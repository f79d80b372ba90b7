"""What pages ask of many jobs at once – the table, search, the overview, views – over PostgreSQL: the same answers."""
