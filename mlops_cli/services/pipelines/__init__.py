"""What the `pipeline` commands mean."""
