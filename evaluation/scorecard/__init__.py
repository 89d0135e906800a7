"""Every measurement on one page, its main numbers kept, and a check that they do not fall."""
