"""Tests: what the service promises."""
