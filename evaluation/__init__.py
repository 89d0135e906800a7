"""Measurements: answers, understanding, retrieval and speed; numbers, apart from tests."""
