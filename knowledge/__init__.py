"""Procedure guides, the index built from them, and the search and wording that turn a question into a sourced answer."""
