"""How fast whole turns are, against a stock Rasa assistant in the same run."""
