"""Entry point of a picture child."""

from bot.children.serving import serve
from bot.images.decoding.opening import prepare_decoders
from bot.images.decoding.prepare import prepare


def main() -> None:
    """Prepare pictures until nobody asks any more."""
    prepare_decoders()
    serve({"prepare": prepare})
