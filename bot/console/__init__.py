"""The desk on the web: pages on which volunteers work, and nothing that decides what they may do to a ticket."""
