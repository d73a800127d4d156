"""The steps. One that was released is never edited again: databases out there have taken it."""
