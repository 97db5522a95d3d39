"""How several calls agree through one bucket: create-once, fences, ownership, closing."""
