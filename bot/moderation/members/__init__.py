"""Records of a server's users: on its lists, struck, suspended, appealed."""
