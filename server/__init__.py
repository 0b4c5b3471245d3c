"""Ringback's server."""
