"""What `python -m onprem` does beside reading its options, and what it remembers of its pushes."""
