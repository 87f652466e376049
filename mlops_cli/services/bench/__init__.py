"""What `bench` means."""
