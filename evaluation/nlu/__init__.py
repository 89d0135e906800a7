"""How well Rasa understands messages that it never saw."""
