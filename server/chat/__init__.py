"""Conversations and their numbered timelines: messages that are never lost, doubled or reordered."""
