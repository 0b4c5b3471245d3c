"""The catalogs and the tools that keep them complete."""
