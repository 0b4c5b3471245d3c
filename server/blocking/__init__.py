"""Blocking: numbers, networks and visitors that are refused. Read model, rules, book, service, then store and http."""
