"""What automated training is set up with."""
