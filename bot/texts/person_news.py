"""Sentences that tell users of decisions about them: in direct messages, or as a mention where they waited."""

from bot.texts.messages import Message, sentence
from bot.texts.quoting import quote_name
from bot.texts.refusals import with_reason


def removed(server: str, reason: str) -> Message:
    """Moderators removed the user's video."""
    return with_reason(
        sentence("The moderators of {server} removed one of your videos.", server=quote_name(server)), reason
    )


def struck(server: str, reason: str) -> Message:
    """Moderators gave the user a strike."""
    told = sentence(
        "The moderators of {server} gave you a strike. After enough strikes, you cannot make "
        "videos there for a while.",
        server=quote_name(server),
    )
    return with_reason(told, reason)


def suspended(server: str, until: str, reason: str) -> Message:
    """Moderators suspended the user, who can appeal with the button below."""
    told = sentence(
        "The moderators of {server} suspended you from making videos there until {until}. You can appeal once, "
        "with the button below.",
        server=quote_name(server),
        until=until,
    )
    return with_reason(told, reason)


def suspension_over(server: str) -> Message:
    """A suspension has ended."""
    return sentence(
        "Your suspension in {server} is over: you can make videos again.", server=quote_name(server)
    )


def denied(server: str, reason: str, *, bought: bool) -> Message:
    """Moderators denied the user's request, or the posting of the finished video."""
    told = (
        sentence(
            "The moderators of {server} did not allow your video to be posted.", server=quote_name(server)
        )
        if bought
        else sentence(
            "The moderators of {server} did not allow your request. This cost nothing.",
            server=quote_name(server),
        )
    )
    return with_reason(told, reason)


def undecided(server: str) -> Message:
    """No moderator decided about the user's request in time."""
    return sentence(
        "The moderators of {server} did not decide about your request in time.", server=quote_name(server)
    )


def agreed(*, bought: bool) -> Message:
    """Moderators approved the user's request, or the finished video."""
    if bought:
        return sentence("The moderators agreed to post your video.")
    return sentence("The moderators agreed. Your video is being made.")


def decided() -> Message:
    """Moderators decided; said in public, so nothing else of it is."""
    return sentence("The moderators have decided about your request.")


def linked(told: Message, address: str) -> Message:
    """Add the address of the reply in which the user waits."""
    return sentence("{told} {address}", told=told, address=address)


def mentioned(person_id: int, told: Message) -> Message:
    """Mention the user."""
    return sentence("{person} {told}", person=f"<@{person_id}>", told=told)
