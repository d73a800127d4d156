"""Pictures that people and attackers attach, built from code, each with what is right for it."""
