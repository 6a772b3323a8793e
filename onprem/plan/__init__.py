"""Two configurations compared: what the lines mean, which have to be sent, in which order."""
