"""What is kept of visitors: handed out and erased when they ask, and forgotten after a while."""
