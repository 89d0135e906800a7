"""The desk: where citizens reach a volunteer, in words that no channel has to know."""
