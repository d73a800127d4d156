"""The child's side: opens videos that anybody may have made. Imports neither settings nor pydantic."""
