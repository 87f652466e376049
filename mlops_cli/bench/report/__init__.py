"""A result as text, CSV, JUnit XML, HTML and GitHub annotations."""
