"""The store: settings, clock, warehouse, state, catalogue, point-in-time reads, audience language."""
