"""The texts, templates, styles and pictures of the demo shop. Everything here was made for it."""
