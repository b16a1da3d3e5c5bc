"""The chat page: a conversation on the left, the cited article on the right."""
