"""How well questions are answered: right, asked back, abstained or wrong."""
