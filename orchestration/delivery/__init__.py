"""Delivery: frozen lists out to the channels, contacts and responses back in."""
