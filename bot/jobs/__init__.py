"""The durable job: kept first, then run by one coroutine from whatever state it is in to its end."""

from bot.jobs.announce import explain_picture
from bot.jobs.course import Parts
from bot.jobs.desk import Answer, Desk, DeskParts
from bot.jobs.engine import Engine, TaskEngine
from bot.jobs.estimates import Estimates
from bot.jobs.failures import OPERATOR_WORDS
from bot.jobs.flights import Flights
from bot.jobs.forecast import Forecast
from bot.jobs.gate import Closure, ProbePace, SubmissionGate
from bot.jobs.gatekeeping import Books, Gatekeeper, Seen, Surroundings
from bot.jobs.hiding import Hiding, HidingParts, Reported, Unseen
from bot.jobs.housekeeping import Housekeeping
from bot.jobs.intake import Ask, Wish, read_wish
from bot.jobs.job import Failure, FailureReason, ForbiddenTransitionError, Job, JobState, advance, new_job_id
from bot.jobs.lifecycle import Lifecycle
from bot.jobs.line import Limits
from bot.jobs.listing import Listed, Listing
from bot.jobs.operator import OperatorNews
from bot.jobs.patience import Patience, Retention
from bot.jobs.picture_origin import ends_in_own_spicy_frame
from bot.jobs.polling import PollPace, Sightings, next_poll_s
from bot.jobs.recall import Recall, Recalled
from bot.jobs.review_decisions import DecisionParts, ReviewDecisions
from bot.jobs.review_model import Board, Case, Extra, Shown, Sitting
from bot.jobs.review_questions import QuestionParts, ReviewQuestions
from bot.jobs.service import Accepted, Order, Refused, Terms, VideoService
from bot.jobs.store import Draft, DraftStore, DuplicateJobError, JobStore, StaleJobError, UnknownJobError
from bot.jobs.turnstile import Turnstile

__all__ = [
    "OPERATOR_WORDS",
    "Accepted",
    "Answer",
    "Ask",
    "Board",
    "Books",
    "Case",
    "Closure",
    "DecisionParts",
    "Desk",
    "DeskParts",
    "Draft",
    "DraftStore",
    "DuplicateJobError",
    "Engine",
    "Estimates",
    "Extra",
    "Failure",
    "FailureReason",
    "Flights",
    "ForbiddenTransitionError",
    "Forecast",
    "Gatekeeper",
    "Hiding",
    "HidingParts",
    "Housekeeping",
    "Job",
    "JobState",
    "JobStore",
    "Lifecycle",
    "Limits",
    "Listed",
    "Listing",
    "OperatorNews",
    "Order",
    "Parts",
    "Patience",
    "PollPace",
    "ProbePace",
    "QuestionParts",
    "Recall",
    "Recalled",
    "Refused",
    "Reported",
    "Retention",
    "ReviewDecisions",
    "ReviewQuestions",
    "Seen",
    "Shown",
    "Sightings",
    "Sitting",
    "StaleJobError",
    "SubmissionGate",
    "Surroundings",
    "TaskEngine",
    "Terms",
    "Turnstile",
    "UnknownJobError",
    "Unseen",
    "VideoService",
    "Wish",
    "advance",
    "ends_in_own_spicy_frame",
    "explain_picture",
    "new_job_id",
    "next_poll_s",
    "read_wish",
]
