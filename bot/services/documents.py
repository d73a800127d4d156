"""The privacy policy and the terms of use: templates in each language, filled with what the operator set."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Final

from bot.texts.messages import Language

_TEMPLATES: Final = Path(__file__).parents[1] / "texts" / "documents"


class Document(StrEnum):
    """A document for users."""

    POLICY = "PRIVACY"
    TERMS = "TERMS"

    @property
    def file_name(self) -> str:
        """Name under which it is handed out."""
        return f"{self.value}.md"


@dataclass(frozen=True)
class DocumentFacts:
    """Settings of the operator that the documents name."""

    undelivered_days: int
    pictures_hours: int


@dataclass(frozen=True)
class Documents:
    """Fills the templates."""

    facts: DocumentFacts

    def text(self, document: Document, language: Language, operator: str) -> str:
        """Return a document in Markdown.

        Args:
            document: Which one.
            language: The reader's.
            operator: The name of who runs the bot.
        """
        template = Template(_template(document, language).read_text("utf-8"))
        facts = self.facts
        return template.substitute(
            operator=operator,
            undelivered_days=facts.undelivered_days,
            pictures_hours=facts.pictures_hours,
        )


def _template(document: Document, language: Language) -> Path:
    return _TEMPLATES / f"{document.value}.{language.value}.md"
