"""The steps of a turn, one file each, in the order of bot.conversation.router.STEPS."""
