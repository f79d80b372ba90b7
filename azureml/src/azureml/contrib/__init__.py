"""What v1 offered on trial."""
