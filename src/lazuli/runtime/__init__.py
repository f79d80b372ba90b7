"""Programs that run beside a job, apart from the server: it names these files and never imports them."""
