"""Read published procedure records from files: one file here for each form they come in."""
