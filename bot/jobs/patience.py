"""How long a job waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Limits on waiting, all in seconds."""

    submit_s: float = 300.0
    """For the video service to take the request, while refusals prove that nothing was bought."""
    resubmit_first_s: float = 2.0
    resubmit_longest_s: float = 60.0
    generate_s: float = 1800.0
    """From submission until the job counts as expired."""
    download_s: float = 600.0
    """For a whole copy of a finished video."""
