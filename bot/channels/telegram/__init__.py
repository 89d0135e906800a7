"""Telegram: the only folder that knows python-telegram-bot."""

import os

# The library warns, on every flood limit, until one opts in to its newer type. Source: PTB 22.2 change log.
os.environ.setdefault("PTB_TIMEDELTA", "1")
