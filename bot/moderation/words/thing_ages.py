"""Tells ages of things and animals, as in *12 year old whisky*, from those of persons. `minors.py` asks."""

import re
from typing import Final

_THINGS: Final = (
    "whiskey|whisky|scotch|bourbon|malt|rum|cognac|brandy|port|wines?|vinegar|balsamic|"
    "cheese|cheddar|gouda|parmesan|tea|car|truck|van|tractor|bus|motorcycle|motorbike|bike|"
    "bicycle|boat|ship|plane|train|house|building|church|castle|bridge|tower|barn|farmhouse|"
    "cottage|tree|oak|bonsai|vine|computer|laptop|pc|phone|tv|television|console|camera|"
    "radio|guitar|piano|violin|cello|painting|photo|photograph|movie|film|song|game|book|"
    "tradition|company|startup|shop|restaurant|sofa|couch|chair|rug|carpet|mattress|jacket|"
    "jeans|shoes|boots|sneakers|bottle|barrel|cask|engine|wall|dog|puppy|cat|kitten|horse|"
    "mare|stallion|pony|donkey|mule|cow|goat|sheep|pig|parrot|tortoise|turtle|elephant|"
    "labrador|retriever|terrier|poodle|bulldog|beagle|shepherd|dachshund|corgi|husky"
)
_KINDS: Final = (
    "single|rare|rescue|rusty|red|black|white|brown|grey|gray|golden|german|scotch|vintage|sweet|old|used"
)
_PERSONS: Final = (
    "girl|boy|teen|kid|child|children|daughter|son|student|loli|shota|waifu|neko|"
    "ear|person|human|humanoid|female|male|model|furry|anthro|hybrid|maid|nude|naked|topless"
)
_BEHIND: Final = re.compile(
    rf" (?:(?:{_KINDS}) ){{0,2}}(?:{_THINGS})(?= |$)"
    rf"(?! (?:lady|woman|man|she|he|they|her|his)(?: |$))(?!(?: \w+){{0,3}} (?:{_PERSONS})s?(?: |$))"
    r"|(?:の|的)?[老大小黑白]?"
    r"(?:犬|猫|狗|马|馬|牛|ウイスキー|ワイン|チーズ|威士忌|红酒|葡萄酒|奶酪|车|車|樹|树|木)(?![娘耳女男人少系])"
)
_BEFORE: Final = re.compile(rf"(?:^| )(?:{_THINGS}) $")
_LONGEST: Final = 16
"""Characters of the longest name of a thing, with the spaces around it."""
_AGE: Final = re.compile(
    r"[0-9]|[零一二三四五六七八九十两兩]|(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) "
    r"|(?:thir|four|fif|six|seven)teen "
)


def is_of_thing(term: str, text: str, start: int, end: int) -> bool:
    """Return True if an age found in a text is that of a thing or an animal.

    Args:
        term: The age as listed.
        text: The text.
        start: Index of the first character found.
        end: Index after the last character found.
    """
    if term.startswith("aged "):
        return _BEFORE.search(text[max(0, start - _LONGEST) : start]) is not None
    return _AGE.match(term) is not None and _BEHIND.match(text, end) is not None
