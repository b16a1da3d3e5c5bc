"""Answers that a language model writes: models, the prompt, and the check of each sentence."""
