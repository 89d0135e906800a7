"""The web chat: one page, three addresses, no build step."""
