"""Tools for those who maintain the project; nothing here is part of the product."""
