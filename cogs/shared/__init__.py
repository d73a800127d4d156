"""What several features of the Discord side share."""
