"""The catalogue in Traditional Chinese is the one in Simplified Chinese, converted."""

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.texts.catalogue import LOCALES, catalogue_path
from bot.texts.messages import Language
from tests.texts.traditional import converted, documents, traditional


def told(catalogue: Catalog) -> dict[tuple[object, str | None], object]:
    return {(message.id, message.context): message.string for message in catalogue if message.id}


def test_the_catalogue_was_made_from_what_the_simplified_one_says_today() -> None:
    with catalogue_path(Language.TRADITIONAL_CHINESE).open("rb") as file:
        stored = read_po(file, locale=LOCALES[Language.TRADITIONAL_CHINESE])
    assert told(stored) == told(converted())


def test_words_are_those_of_taiwan() -> None:
    assert traditional("视频、消息、服务器、文件、清晰度、权限、“审核频道”") == (
        "影片、訊息、伺服器、檔案、解析度、權限、「審核頻道」"
    )


def test_the_documents_were_made_from_what_the_simplified_ones_say_today() -> None:
    made = documents()
    assert len(made) == 2
    assert {path: path.read_text(encoding="utf-8") for path in made} == made
