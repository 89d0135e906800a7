"""The assistant itself: channels in, one conversation router, answers out."""
