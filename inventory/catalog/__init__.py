"""The catalog of resource types: what is known about each type that Search can name, as data."""
