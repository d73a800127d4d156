"""Settings that hold for all tests."""

from hypothesis import settings

# On a busy machine any example may take long; that is no failure of what is tested.
settings.register_profile("stillmotion", deadline=None)
settings.load_profile("stillmotion")
