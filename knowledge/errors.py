"""What can be wrong with knowledge; light to import, so that the command line can name it."""

from __future__ import annotations


class KnowledgeError(Exception):
    """Guides or an index that cannot be used; the text says where and why."""
