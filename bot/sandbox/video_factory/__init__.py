"""Videos for the local DimiLinks: real H.264 files, drawn from the prompt and the reference images."""

from bot.sandbox.video_factory.factory import DrawnVideoFactory, SampleVideoFactory, VideoFactory
from bot.sandbox.video_factory.spec import VideoSpec

__all__ = ["DrawnVideoFactory", "SampleVideoFactory", "VideoFactory", "VideoSpec"]
