"""The desk's pages over HTTP on a real database."""
