"""Personal data of a user or a server: counted, exported, and deleted from every table and folder."""
