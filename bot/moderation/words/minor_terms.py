"""Terms for the built-in protection of minors, in English, Chinese (both scripts) and Japanese.

Data only; `bot.moderation.words.minors` combines the groups. Terms in Latin letters match whole words, so *sex*
is not found in *Essex*; those in other scripts match anywhere. `normalise` takes care of case, look-alike
characters and the like, so each term is listed once, in its plain spelling.
"""

from typing import Final


def _listed(*lines: str) -> tuple[str, ...]:
    """Split lines of terms at their commas."""
    return tuple(term.strip() for line in lines for term in line.split(",") if term.strip())


# Blocked by themselves: names of abuse material and of the attraction to minors, with no other use worth keeping.
ALWAYS: Final = _listed(
    "loli, lolis, lolita porn, lolibooru, lolifuta, lolisho, shota, shotas, shotacon, toddlercon, jb porn",
    "jail bait, child porn, childporn, kid porn, kids porn, kidporn, kiddie porn, kiddy porn, kiddieporn",
    "kiddyporn, baby porn, teen porn, preteen porn, pre teen porn, minor porn, underage porn, underage sex",
    "child sex, child nudes, child erotica, child abuse material, sexualized minors, sexualised minors",
    "sexualized children, sexualised children, sex with minors, sex with children, sex with a child",
    "pedo, pedos, paedo, paedos, csam, csem, pthc, cub porn, cunny, hurtcore, boylover, boylovers, girllover",
    "minor attracted, preteen model, preteen models, pre teen models",
    "萝莉控, 蘿莉控, 萝莉色图, 蘿莉色圖, 萝莉福利, 萝莉色情, 蘿莉色情, 萝莉裸, 蘿莉裸, 正太控, 恋童, 戀童",
    "娈童, 孌童",
    "幼女控, 幼女色情, 幼女裸, 幼女性交, 幼女性爱, 幼女性愛, 幼女援交, 儿童色情, 兒童色情, 儿童淫秽",
    "兒童淫穢, 儿童性爱, 兒童性愛, 童色情",
    "未成年色情, 未成年性爱, 未成年性愛, 未成年性交, 幼交, 奸幼, 姦幼, 嫖宿幼女, 雏妓, 雛妓, 性侵儿童",
    "性侵兒童, 性侵幼女",
    "ロリ, ろりこん, ろりっ子, ろりっこ, ショタ, しょたこん, チャイルドポルノ, 児童ポルノ, 児ポ画像",
    "児ポ動画, 幼児ポルノ, 幼女ポルノ",
    "児童性愛, 小児性愛, 幼児性愛, 少女性愛, 少年性愛, ペドフィリア, ペドフィル, ペド野郎, 児童買春",
    "幼女趣味, 子供ポルノ",
)

# Blocked by themselves, also inside longer words: no innocent word contains them.
ALWAYS_WITHIN: Final = _listed(
    "lolicon, lolikon, jailbait, pedophil, paedophil, pedofil, pedobear, hebephil, ephebophil, nepiophil",
)

# Code for abuse material in texts of Latin letters alone. Beside other scripts it has innocent meanings (嗑CP:
# fans of a couple; ср.: a Russian abbreviation), so there it counts only as a term for a minor, like those below.
ALWAYS_AMONG_LATIN: Final = _listed("cp")

# English nouns for minors, which also match with a plural -s. They block together with a sexual term, or by
# themselves with the spicy preset.
MINOR_NOUNS: Final = _listed(
    "child, kid, kiddo, kiddie, toddler, infant, baby, newborn, preteen, pre teen, tween, teen, teenager",
    "teenage girl, teenage boy, adolescent, schoolgirl, school girl, schoolboy, school boy, schoolkid",
    "school kid, schoolchild, preschooler, kindergartener, kindergartner, grade schooler, middle schooler",
    "high schooler, highschooler, junior high student, high school student, high school girl",
    "high school boy",
    "elementary student, elementary school student, middle school student, middle school girl",
    "first grader, second grader, third grader, fourth grader, fifth grader, sixth grader, seventh grader",
    "eighth grader, ninth grader, tenth grader, 1st grader, 2nd grader, 3rd grader, 4th grader, 5th grader",
    "6th grader, 7th grader, 8th grader, 9th grader, 10th grader, little girl, little boy, young girl",
    "young boy, small girl, small boy, minor girl, minor boy, girl scout, boy scout, cub scout",
    "juvenile girl",
    "juvenile boy, little sister, little brother, lil sis, lil girl, lil boy, child bride, girlchild",
)

# Other English terms for minors. "Minor" alone is also an adjective (a minor chord), so only phrases are listed.
MINOR_WORDS: Final = _listed(
    "children, babies, kiddies, teenage, teenaged, preadolescent, prepubescent, pre pubescent, pubescent",
    "prepuberty, underage, under age, underaged, minors, with a minor, with minor, is a minor, of a minor",
    "schoolchildren, school children, kindergarten, preschool, elementary school, primary school",
    "middle school, junior high, grade school, high school, under 18, below 18, younger than 18",
    "1st grade, 2nd grade, 3rd grade, 4th grade, 5th grade, 6th grade, 7th grade, 8th grade, 9th grade",
    "fourth grade, fifth grade, sixth grade, seventh grade, eighth grade, ninth grade",
    "under eighteen, not yet 18, months old, month old, weeks old, week old, lolita, lolitas, jk",
)

# Terms for minors in Chinese, then Japanese. 少女 and 少年 mean minors, also in the names of drawing styles.
MINOR_CJK: Final = _listed(
    "儿童, 兒童, 小孩, 孩子, 孩童, 小朋友, 婴儿, 嬰兒, 宝宝, 寶寶, 幼儿, 幼兒, 幼童, 幼女, 幼幼, 女童",
    "男童, 学童, 學童, 幼齿",
    "幼齒, 小女孩, 小男孩, 小姑娘, 小妹妹, 小学, 小學, 中学生, 中學生, 初中生, 初中女, 初中男, 国中生",
    "國中生, 高中生, 高中女, 高中男, 女高中, 未成年, 少女, 少年",
    "萝莉, 蘿莉, 正太, 炼铜, 煉銅, 稚女, 学生妹, 學生妹, 女学生, 女學生, 中学女生, 中學女生, 未满18",
    "未滿18, 未满十八, 未滿十八",
    "不满18, 不滿18, 不满十八, 不滿十八, 十几岁, 十幾歲, 十来岁, 十來歲, 十多岁, 十多歲",
    "中学校, 高校生, 女子高生, 女子校生, 園児, 幼稚園, 幼儿园, 幼兒園, 保育園, 幼児, 児童, 子供, 子ども",
    "こども, コドモ",
    "赤ちゃん, 赤ん坊, 乳児, 乳幼児, キッズ, ティーン, 女児, 男児, 童女, 幼い, 小さな女の子, 小さい女の子",
    "小さな男の子",
    "小さい男の子, ジュニアアイドル, 18歳未満, 十八歳未満, 18才未満, 10代, 十代, ガキ, メスガキ, 稚児",
    "未就学",
)

# Japanese abbreviations for pupils, which have other meanings in other languages (JS is JavaScript).
MINOR_AMONG_CJK: Final = _listed("jc, js")

# Sexual terms; in English whole words. Words that innocent prompts about children contain are left out (strip,
# bikini, kiss).
SEXUAL: Final = _listed(
    "sex, sexy, sexier, sexiest, sexual, sexually, sexualize, sexualized, sexualise, sexualised, sext",
    "sexting",
    "nude, nudes, nudity, nudist, naked, nakedness, unclothed, topless, bottomless, bare breasts",
    "bare breasted",
    "undress, undresses, undressed, undressing, disrobe, disrobing, striptease, strip tease, stripper",
    "strippers",
    "strip club, lap dance, pole dance, pole dancing, no clothes, without clothes, without any clothes",
    "wearing nothing, takes off her clothes, taking off her clothes, take off her clothes",
    "takes off his clothes",
    "taking off his clothes, take off his clothes, takes off their clothes, taking off their clothes",
    "removes her clothes, removes his clothes, removing her clothes, removing his clothes, lingerie, panties",
    "panty, thong, thongs, in a g string, wearing a g string, bra, bras, underwear, upskirt, cleavage",
    "breasts, boob, boobs, boobies",
    "tits, titties, nipple, nipples, areola, butt naked, buttocks, ass, crotch, vagina, vulva, pussy",
    "clitoris",
    "labia, anus, anal, penis, penises, cock, cocks, dick, dicks, scrotum, testicles, pubic, cum, cumming",
    "cumshot, genital, genitals, genitalia, orgasm, orgasms, orgy, horny, aroused, lewd, lewds, nsfw",
    "hentai, ecchi, ahegao, futa, futanari",
    "yaoi, xxx, x rated, r 18, r18, rule 34, rule34, r34, adult film, adult movie, adult video, blowjob",
    "blow job, handjob, hand job, deepthroat, creampie, gangbang, threesome, intercourse, make love",
    "making love, makes love, rape, raped, rapes, raping, incest, molest, grope, groped, groping, fondle",
    "fondling, prostitute, prostitution, brothel, escort service, hooker, slut, slutty, whore, milf, bdsm",
    "bondage, fetish, kink, kinky, spank, spanking, dildo, vibrator, playboy, onlyfans, camgirl, twerk",
    "twerking, seduce, seduces, seducing, seductive, seductively, sensual, sensually, provocatively, lustful",
    "provocative pose, suggestive pose, spread legs, legs spread, spreading her legs",
    "touching herself, touching himself, french kiss, camel toe, cameltoe, voyeur",
    "裸, 色情, 情色, 做爱, 做愛, 脱衣, 脫衣, 脱光, 脫光, 脱掉衣, 脫掉衣, 脱下衣, 脫下衣, 脱去衣, 脫去衣",
    "不穿衣, 没穿衣, 沒穿衣, 一丝不挂, 一絲不掛",
    "性爱, 性愛, 性交, 性行为, 性行為, 性感, 性器, 性侵, 性奴, 性虐, 情趣用品, 内衣, 內衣, 内裤, 內褲",
    "丁字裤, 丁字褲, 胸罩",
    "淫, 黄片, 黃片, 黄色视频, 成人视频, 成人影片, 成人片, 三级片, 三級片, 春宫, 春宮, 强奸, 強姦, 轮奸",
    "輪姦, 迷奸",
    "乳房, 乳头, 乳頭, 巨乳, 奶子, 阴道, 陰道, 阴茎, 陰莖, 阴部, 陰部, 私处, 私處, 露点, 露點, 自慰, 手淫",
    "口交, 肛交",
    "色诱, 色誘, 制服诱惑, 制服誘惑, 勾引, 援交, 约炮, 約炮, 色图, 色圖, 涩图, 瑟图, 发情, 發情, 肉棒",
    "骚货, 騷貨",
    "エロ, えろい, えっち, エッチ, セックス, セクシー, ヌード, セミヌード, フルヌード, オールヌード",
    "ポルノ, アダルト, ランジェリー, パンティ, ブラジャー, 下着",
    "裸体, 全裸, 半裸, 服を脱, パンツを脱, 脱がす, 脱がせ, 官能, 猥褻, わいせつ, 卑猥, おっぱい, 乳首",
    "貧乳, ちんこ, チンコ",
    "ちんぽ, チンポ, まんこ, マンコ, オナニー, フェラ, 中出し, レイプ, 痴漢, 緊縛, 援助交際, パパ活, 変態",
    "18禁, ハメ撮り",
    "盗撮, スケベ, すけべ, パンチラ, 濡れ場, 性的描写, 性的行為, 性的暴行, 性的虐待, 性的魅力, 発情",
    "風俗嬢, 売春, 痴女, アヘ顔",
)

# Sexual terms that also match inside longer words.
SEXUAL_WITHIN: Final = _listed(
    "porn, erotic, masturbat, ejaculat, molest, fuck",
)

# Innocent phrases that contain a term from above. Only that occurrence is ignored, not the rest of the prompt.
INNOCENT: Final = _listed(
    "baby blue, baby oil, baby pink, baby powder, dragon age 2, ice age 2, ice age 3, ice age 4, ice age 5",
    "jk rowling, high school musical, high school teacher, school teacher, kindergarten teacher",
    "same sex, opposite sex, naked eye, naked mole, nude color, nude colour, nude lipstick, nude tones",
    "nude heels, pussy cat, pussycat, pussy willow, pussy willows, cum laude, moby dick, dick van dyke",
    "dick grayson, dick tracy, cock a doodle, weather cock, kick ass, bad ass, smart ass, blue tits",
    "great tits",
    "kinky hair, kinky curly, kinky curls, kinky coils, nude colored, nude coloured, nude shoes, nude ballet",
    "brand spanking new, skyline r34, r34 skyline, gtr r34, gt r r34, r34 gtr, r34 gt r, nissan r34",
    "hey baby, oh baby, come on baby, sugar baby, sugar babies, baby doll lingerie, baby doll nightgown",
    "chicken breasts, duck breasts, turkey breasts, rape blossom, rape blossoms, rape field, rape fields",
    "裸眼, 裸子植物, 裸机, 裸機, 裸色, 裸鼹, 裸鼴, 裸足, 裸麦, 女孩子, 男孩子, 少女時代, 少女时代, 少年隊",
    "其中学生, 其中學生",
    "留恋童, 恋童年, 恋童话, 恋童真, 恋童心, 戀童年, 戀童話, 戀童真, 戀童心, 脱衣所, 脱衣場, 10代目, 十代目",
    "ロリポップ, ロリス, ロリキート, エロイカ, エロイーズ, エロール, フェラーリ, フェラガモ, エッチング",
    "ヌードル, 完全変態",
    "官能基, 官能検査",
)
