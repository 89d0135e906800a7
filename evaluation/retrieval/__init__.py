"""How well BM25, the encoder and both find the right text."""
