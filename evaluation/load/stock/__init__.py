"""A stock Rasa assistant: the pipeline and policies of `rasa init`, rules, an action server; the yardstick for speed."""
