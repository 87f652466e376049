"""What `train` and `runs` mean."""
