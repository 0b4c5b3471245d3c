"""Signals, rules, invitations: who is invited to what, when, and why not."""
