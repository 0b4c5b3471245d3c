"""Changes of data that exist already, in the order of their numbers; `Database.migrate` runs and records them."""
