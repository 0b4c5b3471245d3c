"""What `bench chat` runs beside itself: the servers and the load."""
