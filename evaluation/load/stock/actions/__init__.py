"""The action server's package, as `rasa run actions` expects it."""
