"""Makes the catalogue in Traditional Chinese from the one in Simplified: `python -m tests.texts.traditional`.

OpenCC converts characters, and words to those of Taiwan (`s2twp`); `CORRECTIONS` are the words in which it errs, or
which Discord's own client calls otherwise. Nothing is edited in the catalogue itself: a correction belongs here or
in the Simplified sentence. `tests/texts/test_traditional.py` fails until the catalogue was made anew.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from opencc import OpenCC

from bot.texts.catalogue import DOMAIN, LOCALES, catalogue_path
from bot.texts.messages import Language

CORRECTIONS: Final[Mapping[str, str]] = {
    "“": "「",
    "”": "」",
    "許可權": "權限",
    "稽核": "審核",
    "釋出": "發布",
    "遮蔽": "封鎖",
    "封禁": "停權",
    "舉報": "檢舉",
    "私信": "私訊",
    "身份": "身分",
    "子區內": "討論串中",
    "子區": "討論串",
    "清晰度": "解析度",
    "橫屏": "橫式",
    "豎屏": "直式",
    "賬": "帳",
    "畫素": "像素",
    "運營": "營運",
    "一箇": "一個",
    "預設設定": "預設值",
    "自定義": "自訂",
    "電子表格": "試算表",
    "列表": "清單",
    "響應": "回應",
    "獲取": "取得",
    "文本": "文字",
    "可以查詢": "可以尋找",
    "或者回復": "或者回覆",
    "閱讀訊息歷史記錄": "讀取訊息歷史",
    "條記錄": "筆紀錄",
    "的記錄": "的紀錄",
    "此類記錄": "此類紀錄",
    "日誌記錄": "日誌紀錄",
    "通過 `": "透過 `",
    "應用 ►": "應用程式 ►",
    "命令": "指令",
    "小貼士": "小提示",
    "裁剪": "裁切",
    "也匹配詞語內部": "也比對詞語內部",
    "匹配": "符合",
    "繁忙": "忙碌",
    "正在重啟": "正在重新啟動",
    "當前": "目前",
    "批准": "核准",
    "隱私政策": "隱私權政策",
    "幫助": "說明",
    "MIT 許可證": "MIT 授權條款",
    "通過 DimiLinks": "透過 DimiLinks",
    "頻道里": "頻道裡",
    "重置": "重設",
    "條訊息": "則訊息",
    "處理記錄": "處理紀錄",
    "條更早的紀錄": "筆更早的紀錄",
    "共 {count} 條。": "共 {count} 筆。",
    "發送": "傳送",
    "，用時 ": "，耗時 ",
    "所有者": "擁有者",
    "新增本機器人": "加入本機器人",
    "已新增機器人": "已加入機器人",
    "正式成片": "正式成品",
    "校驗摘要": "雜湊值",
    "瞭解": "了解",
    "安裝例項": "執行個體",
    "天后": "天後",
    "跟蹤": "追蹤",
    "令牌": "權杖",
}
"""Words as OpenCC writes them, and as people in Taiwan and Discord's client do; replaced in this order."""
DOCUMENTS: Final = Path(__file__).parents[2] / "bot" / "texts" / "documents"
_CONVERTER: Final = OpenCC("s2twp")


def traditional(text: str) -> str:
    """Return a text of the Simplified catalogue as readers in Taiwan write it."""
    converted = _CONVERTER.convert(text)
    for wrong, right in CORRECTIONS.items():
        converted = converted.replace(wrong, right)
    return converted


def converted() -> Catalog:
    """Return the whole catalogue, converted."""
    with catalogue_path(Language.CHINESE).open("rb") as file:
        simplified = read_po(file, locale=LOCALES[Language.CHINESE], domain=DOMAIN)
    catalogue = Catalog(LOCALES[Language.TRADITIONAL_CHINESE], DOMAIN, fuzzy=False)
    for message in simplified:
        if not message.id:
            continue
        told = message.string
        new = tuple(map(traditional, told)) if isinstance(told, tuple) else traditional(told)
        catalogue.add(message.id, new, context=message.context)
    return catalogue


def documents() -> dict[Path, str]:
    """Return the converted privacy policy and terms of use, by where they belong."""
    simplified, new = Language.CHINESE.value, Language.TRADITIONAL_CHINESE.value
    return {
        path.with_name(path.name.replace(simplified, new)): traditional(path.read_text(encoding="utf-8"))
        for path in sorted(DOCUMENTS.glob(f"*.{simplified}.md"))
    }


def main() -> None:
    """Write the catalogue and the documents."""
    path = catalogue_path(Language.TRADITIONAL_CHINESE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, converted(), width=110, omit_header=False, no_location=True, sort_output=True)
    for document, text in documents().items():
        document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
