"""Text normalisation, Rasa's training data and components, and the client that asks Rasa what a message means."""
