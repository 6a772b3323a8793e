"""One router brought to its intended configuration, or left as it was: armed, checked, noted, undone."""
