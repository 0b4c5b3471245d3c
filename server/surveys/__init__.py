"""Surveys: questions that branch, answers that are kept as they come, and what they add up to."""
