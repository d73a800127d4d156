"""The database: opened, migrated, owned, backed up."""
