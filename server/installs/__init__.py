"""Where the widget is seen: which pages ask for it, allowed or not."""
