"""Parts that several features of the Discord side share."""
