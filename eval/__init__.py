"""Measurements: what the chatbot and its stages are worth, on whose data, how fast."""
