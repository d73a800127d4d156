"""Entry point of a video child."""

from collections.abc import Mapping

from bot.children.serving import Task, serve
from bot.video_files.decoding.animating import animate
from bot.video_files.decoding.facts import facts
from bot.video_files.decoding.finish import finish
from bot.video_files.decoding.frames import first_frame, last_frame
from bot.video_files.decoding.opening import UnusableVideoError


def main() -> None:
    """Answer for videos until nobody asks any more."""
    serve({task.__name__: _answering(task) for task in (last_frame, first_frame, facts, finish, animate)})


def _answering(task: Task) -> Task:
    """Return the task with `problem` as its answer where it raises `UnusableVideoError`."""

    def answer(**arguments: object) -> Mapping[str, object]:
        try:
            return task(**arguments)
        except UnusableVideoError as error:
            return {"problem": error.problem}

    return answer
