"""The composition root: the only place where parts are built and connected."""
