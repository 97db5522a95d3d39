"""Little working models of what the roles need from the world."""
