"""One message, step by step: from the inbox through the router's steps to the reply."""
