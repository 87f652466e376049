"""What `score` means: a service over HTTP, tables in and out."""
