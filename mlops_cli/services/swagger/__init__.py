"""What `swagger` means, and what a change of it means to clients."""
