"""What the packages of automated training share."""
