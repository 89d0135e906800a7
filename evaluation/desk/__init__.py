"""Measure what stands between volunteers and citizens."""
