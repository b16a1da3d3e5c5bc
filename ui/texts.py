"""Every string that a person reads in the page, in Chinese and in English."""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]

TABLE: dict[str, dict[Language, str]] = {
    "page_title": {"zh": "问报", "en": "wenbao · ask the paper"},
    "name": {"zh": "问报", "en": "问报"},
    "tagline": {
        "zh": "问一份报纸，答案附原句",
        "en": "Ask the paper, read the exact sentence",
    },
    "other_language": {"zh": "English", "en": "中文"},
    "new": {"zh": "新对话", "en": "New conversation"},
    "conversation": {"zh": "对话", "en": "Conversation"},
    "article": {"zh": "原文", "en": "The article"},
    "question_label": {"zh": "问题", "en": "Question"},
    "question_hint": {
        "zh": "想从报纸里知道什么？",
        "en": "What do you want to know from the paper?",
    },
    "ask": {"zh": "提问", "en": "Ask"},
    "stop": {"zh": "停止", "en": "Stop"},
    "examples": {"zh": "可以这样问", "en": "You could ask"},
    "example": {"zh": "《{title}》讲了什么？", "en": "《{title}》讲了什么？"},
    "welcome": {"zh": "请提问", "en": "Ask a question"},
    "keys": {
        "zh": "回车发送，Shift+回车换行；按数字键 1–9 打开对应的出处。",
        "en": "Enter sends, Shift+Enter breaks the line; the keys 1–9 open the sources.",
    },
    # The course of a question
    "waiting": {"zh": "等前一个问题答完", "en": "Waiting for the question before"},
    "withdraw": {"zh": "撤回", "en": "Take back"},
    "retrieving": {"zh": "正在检索……", "en": "Searching the archive…"},
    "reading": {"zh": "正在阅读 {count} 段……", "en": "Reading {count} passages…"},
    "stopped": {"zh": "已停止。", "en": "Stopped."},
    "understood": {"zh": "按此检索：", "en": "Searched as: "},
    "sources": {"zh": "出处", "en": "Sources"},
    "found": {"zh": "检索到的段落", "en": "Passages found"},
    "refused": {"zh": "档案中没有找到答案", "en": "Not found in the archive"},
    "nearest": {"zh": "最接近的段落，不是答案", "en": "Nearest passages, not an answer"},
    "failed": {"zh": "没有完成", "en": "This did not work"},
    "unexpected": {
        "zh": "程序出了意外，这个问题没有得到回答。请再试一次；细节记在运行问报的窗口里。",
        "en": "Something unexpected happened and the question was not answered. Try again; the "
        "details are in the window that runs wenbao.",
    },
    "announce": {"zh": "回答：{text}", "en": "Answer: {text}"},
    "sure_high": {"zh": "把握较大", "en": "Fairly sure"},
    "sure_middle": {"zh": "把握一般，请核对", "en": "Not quite sure: check it"},
    "sure_low": {"zh": "把握不大，请核对原文", "en": "Unsure: check the article"},
    "sure_number": {"zh": "估计答对的概率 {percent}%", "en": "Estimated to be right: {percent}%"},
    # What a reader says of an answer
    "judge": {"zh": "这个回答", "en": "This answer is"},
    "judge_right": {"zh": "对", "en": "right"},
    "judge_wrong": {"zh": "不对", "en": "wrong"},
    "judge_citation": {"zh": "答案对，出处不对", "en": "right, but wrongly cited"},
    "judge_right_refusal": {"zh": "档案里确实没有", "en": "right: it is not in the archive"},
    "judge_wrong_refusal": {"zh": "档案里其实有", "en": "wrong: it is in the archive"},
    "judge_why": {"zh": "说明（可不填）", "en": "Why (may be left out)"},
    "take_judged": {"zh": "导出评价过的问题", "en": "Export judged questions"},
    "nothing_judged": {
        "zh": "还没有可导出的评价：先在回答下面点“对”或“答案对，出处不对”。",
        "en": "Nothing to export yet: first mark an answer as right, or right but wrongly cited.",
    },
    # Filters
    "filters": {"zh": "只看", "en": "Only"},
    "since": {"zh": "从", "en": "From"},
    "until": {"zh": "到", "en": "To"},
    "paper": {"zh": "报纸", "en": "Paper"},
    "any_paper": {"zh": "不限", "en": "Any"},
    "since_day": {"zh": "{day} 起", "en": "from {day}"},
    "until_day": {"zh": "到 {day} 为止", "en": "until {day}"},
    "this_article": {"zh": "只问这一篇", "en": "Ask this article only"},
    "one_article": {"zh": "一篇文章：{title}", "en": "one article: {title}"},
    "drop": {"zh": "去掉条件：{filter}", "en": "Remove: {filter}"},
    "asked_within": {"zh": "限于：", "en": "Within: "},
    # Sources
    "copy": {"zh": "复制引文", "en": "Copy with reference"},
    "copied": {"zh": "已复制", "en": "Copied"},
    "link": {"zh": "复制链接", "en": "Copy link"},
    "previous": {"zh": "上一条出处", "en": "Previous source"},
    "next": {"zh": "下一条出处", "en": "Next source"},
    "page_text": {"zh": "版面原文", "en": "Page as read"},
    "page_text_changed": {
        "zh": "这个文件后来改过，现在的版面文字里找不到这篇文章。",
        "en": "The file has changed since: its text no longer holds this article.",
    },
    "shown_link": {"zh": "链接所指的句子", "en": "The sentence of the link"},
    "open_source": {"zh": "打开出处 {number}：{title}", "en": "Open source {number}: {title}"},
    "untitled": {"zh": "无题", "en": "Untitled"},
    "page": {"zh": "第 {page} 页", "en": "p. {page}"},
    "shown_cite": {"zh": "出处 {number}", "en": "Source {number}"},
    "shown_near": {"zh": "最接近的段落，不是答案", "en": "Nearest passage, not an answer"},
    "shown_hit": {"zh": "检索到的段落", "en": "A passage found"},
    "all_sources": {"zh": "这个回答的出处", "en": "Sources of this answer"},
    "derived": {"zh": "原文没有标题，取自首句", "en": "No printed headline: taken from the text"},
    "author": {"zh": "作者", "en": "By"},
    "file": {"zh": "文件", "en": "File"},
    "back": {"zh": "返回对话", "en": "Back to the conversation"},
    "odd": {"zh": "不可见字符 {code}", "en": "invisible character {code}"},
    # Before the first question
    "intro_title": {"zh": "这里显示原文", "en": "The original appears here"},
    "intro_body": {
        "zh": "问报只用这份档案里的报纸回答。每个回答都标出处，点开就在这里看到整篇文章，"
        "引用的原句已经标亮。档案里没有的，它会直说，并列出最接近的段落。",
        "en": "wenbao answers only from the papers in this archive. Every answer names its "
        "sources; open one to see the whole article here, with the quoted sentence marked. When "
        "the archive does not hold an answer, it says so and lists the nearest passages.",
    },
    "articles": {"zh": "文章", "en": "Articles"},
    "articles_count": {"zh": "{count:,} 篇", "en": "{count:,}"},
    "files": {"zh": "文件", "en": "Files"},
    "files_count": {"zh": "{count:,} 个", "en": "{count:,}"},
    "period": {"zh": "日期", "en": "Dates"},
    "period_days": {"zh": "{first} 至 {last}", "en": "{first} to {last}"},
    "empty": {
        "zh": "档案还是空的。先加入报纸：wenbao add 文件夹",
        "en": "The archive is still empty. Add papers first: wenbao add FOLDER",
    },
    # Evaluation
    "tab_ask": {"zh": "提问", "en": "Ask"},
    "tab_measure": {"zh": "评测", "en": "Evaluation"},
    "measure_intro": {
        "zh": "把一套有标准答案的问题逐个问一遍，看答对多少、该拒答时是否拒答、引文是否准确。"
        "结果存放在档案文件夹的 runs 里。",
        "en": "Asks every question of a set whose answers are known, and counts what was right, "
        "what was refused and whether the quotes are true. Runs are kept in the archive's folder, "
        "in runs.",
    },
    "no_sets": {
        "zh": "没有问题集。启动时用 --questions 文件.jsonl 指定，格式见 examples/questions.jsonl。",
        "en": "There is no question set. Name one at the start with --questions FILE.jsonl; "
        "examples/questions.jsonl shows the form.",
    },
    "question_set": {"zh": "问题集", "en": "Question set"},
    "how_many": {"zh": "数量", "en": "How many"},
    "so_many": {"zh": "随机 {count} 题", "en": "{count} at random"},
    "all_questions": {"zh": "全部", "en": "All"},
    "without_gold": {
        "zh": "再问一遍：去掉有答案的文章，应当拒答",
        "en": "Ask again without the articles that answer: refusing is right",
    },
    "run": {"zh": "开始评测", "en": "Run"},
    "measuring": {"zh": "已问 {done} / {total} 题", "en": "{done} of {total} questions asked"},
    "starting": {"zh": "正在准备……", "en": "Getting ready…"},
    "measured": {"zh": "评测完成。", "en": "Done."},
    "shown_run": {"zh": "查看", "en": "Show"},
    "compared_with": {"zh": "与之比较", "en": "Compare with"},
    "nothing": {"zh": "不比较", "en": "Nothing"},
    # Kept conversations
    "tab_history": {"zh": "记录", "en": "History"},
    "search_history": {"zh": "在记录里查找", "en": "Search the history"},
    "no_conversations": {"zh": "没有这样的对话。", "en": "No such conversation."},
    "so_many_questions": {"zh": "{count} 问", "en": "questions: {count}"},
    "rename": {"zh": "标题，可以改", "en": "Title, can be changed"},
    "renamed": {"zh": "标题已改。", "en": "Renamed."},
    "open_conversation": {"zh": "打开", "en": "Open"},
    "delete_conversation": {"zh": "删除", "en": "Delete"},
    "deleted": {"zh": "已删除。", "en": "Deleted."},
    "undo": {"zh": "撤销", "en": "Undo"},
    "restored": {"zh": "已恢复。", "en": "Restored."},
    "export_as": {"zh": "导出为 {form}", "en": "Export as {form}"},
    "exported": {"zh": "已导出：{name}", "en": "Exported: {name}"},
    # The server
    "serving": {
        "zh": "问报已启动：{url}（按 Ctrl+C 停止）",
        "en": "wenbao is up: {url} (Ctrl+C stops it)",
    },
    "port_taken": {
        "zh": "端口 {port} 已被占用。请换一个，例如 --port {other}",
        "en": "Port {port} is in use. Choose another one, for example --port {other}",
    },
    "no_such_port": {
        "zh": "没有端口 {port}：--port 应在 1 到 65535 之间",
        "en": "There is no port {port}: --port goes from 1 to 65535",
    },
    "cannot_listen": {
        "zh": "无法在 {host} 的端口 {port} 上提供网页：{reason}。请检查 --host 和 --port",
        "en": "Cannot serve the page on {host}, port {port}: {reason}. Check --host and --port",
    },
    # What is taken away: exports and references
    "export_title": {"zh": "问报 · 对话记录", "en": "wenbao · a conversation"},
    "export_short": {"zh": "简答：{text}", "en": "Short answer: {text}"},
    "export_refused": {"zh": "档案中没有找到答案。", "en": "Not found in the archive."},
    "export_unanswered": {"zh": "没有回答。", "en": "Not answered."},
    "export_sources": {"zh": "出处", "en": "Sources"},
    "and_others": {"zh": "等", "en": "et al"},
    # Settings
    "tab_settings": {"zh": "设置", "en": "Settings"},
    "settings_intro": {
        "zh": "“回答”里的改动只管这个打开的页面，从下一个问题起生效；刷新后回到默认。"
        "长期的默认值写在设置文件里，启动时用 --config 指定。",
        "en": "Changes under “Answers” hold for this open page, from the next question on; a "
        "reload brings the defaults back. Lasting defaults belong in a settings file that "
        "--config names at the start.",
    },
    "settings_answers": {"zh": "回答", "en": "Answers"},
    "careful": {"zh": "谨慎", "en": "Careful"},
    "balanced": {"zh": "适中（默认）", "en": "Balanced (default)"},
    "bold": {"zh": "大胆", "en": "Bold"},
    "min_confidence": {"zh": "把握到多少才回答", "en": "How sure an answer must be"},
    "min_confidence_does": {
        "zh": "估计答对的概率低于这个数，就说档案里没有找到答案。",
        "en": "When the estimated probability of being right is lower, the reply is “not found "
        "in the archive”.",
    },
    "threshold_means": {
        "zh": "每 100 个回答里约有 {wrong} 个是错的；"
        "每 100 个答得出的问题约有 {refused} 个被拒答。",
        "en": "Of 100 answers about {wrong} are wrong; of 100 questions that could be answered "
        "about {refused} are refused.",
    },
    "threshold_unmeasured": {
        "zh": "只测过 {first:.2f} 到 {last:.2f} 之间的值。",
        "en": "Only values from {first:.2f} to {last:.2f} were measured.",
    },
    "threshold_of": {
        "zh": "数字来自调试程序用的那批题目，一半在档案里没有答案；您的档案和问题会有出入。",
        "en": "Measured on the kind of questions that the program was tuned with, half of them "
        "without an answer in the archive. Your archive and your questions will differ.",
    },
    "passages_read": {"zh": "阅读多少段", "en": "Passages that are read"},
    "passages_read_does": {
        "zh": "检索后细读的段落数：读得多不易漏，也更慢。",
        "en": "How many of the passages found are read closely: more of them miss less and take "
        "longer.",
    },
    "max_sentences": {"zh": "最多引用几句", "en": "Sentences that are quoted"},
    "max_sentences_does": {
        "zh": "一个回答最多列出的原句数。",
        "en": "How many sentences an answer quotes at most.",
    },
    "settings_mark": {
        "zh": "设置编号 {id}，记在用它得出的每个回答里。",
        "en": "Settings {id}: every answer made with them carries this mark.",
    },
    "defaults": {"zh": "恢复默认", "en": "Back to the defaults"},
    "settings_models": {"zh": "模型", "en": "Models"},
    "embedder": {"zh": "检索（嵌入模型）", "en": "Finds passages (embedder)"},
    "span_reader": {"zh": "阅读（抽取模型）", "en": "Reads them (reader)"},
    "fingerprint": {"zh": "指纹", "en": "fingerprint"},
    "model_bundled": {
        "zh": "随程序自带，不联网也能用",
        "en": "comes with the program, works offline",
    },
    "model_other": {"zh": "另外指定的模型", "en": "chosen in place of the bundled one"},
    "models_change": {
        "zh": "换用别的模型：写模型站上的名字或本地文件夹。",
        "en": "To use others, name them by hub id or by folder:",
    },
    "change_new": {"zh": "新档案", "en": "a new archive"},
    "change_old": {"zh": "已有的档案，重新嵌入", "en": "an archive embedded again"},
    "change_reader": {"zh": "阅读模型，启动时指定", "en": "the reader, at the start"},
    "test": {"zh": "测试", "en": "Test"},
    "test_does": {
        "zh": "拿最新一篇文章的标题问一个问题，看每一步是否正常、用了多久。",
        "en": "Asks about the newest headline, and says of each step whether it works and how "
        "long it took.",
    },
    "testing": {"zh": "正在测试……", "en": "Testing…"},
    "tested": {"zh": "都正常。问的是：{question}", "en": "All works. Asked: {question}"},
    "test_answered": {"zh": "有回答，出处 {count} 条。", "en": "Answered; sources: {count}."},
    "test_refused": {"zh": "没有找到答案，已拒答。", "en": "No answer found: refused."},
    "stage_load": {"zh": "装入模型", "en": "Load the model"},
    "stage_encode": {"zh": "编码问题", "en": "Encode the question"},
    "stage_retrieve": {"zh": "检索段落", "en": "Find passages"},
    "stage_read": {"zh": "阅读段落", "en": "Read them"},
    "seconds": {"zh": "{seconds:.2f} 秒", "en": "{seconds:.2f} s"},
    "settings_page": {"zh": "页面", "en": "The page"},
    "language": {"zh": "语言 Language", "en": "Language 语言"},
    "language_does": {
        "zh": "界面的文字，与页首的按钮相同。",
        "en": "Of the page's own words, the same as the button at the top.",
    },
    "theme": {"zh": "明暗", "en": "Theme"},
    "theme_does": {"zh": "记在这个浏览器里。", "en": "Kept in this browser."},
    "theme_system": {"zh": "跟随系统", "en": "As the system"},
    "theme_light": {"zh": "浅色", "en": "Light"},
    "theme_dark": {"zh": "深色", "en": "Dark"},
    # Login
    "login_title": {"zh": "登录 · 问报", "en": "Log in · wenbao"},
    "login_why": {"zh": "登录后才能查阅这份档案", "en": "Log in to read this archive"},
    "login_name": {"zh": "用户名", "en": "User name"},
    "login_password": {"zh": "密码", "en": "Password"},
    "login": {"zh": "登录", "en": "Log in"},
    "logout": {"zh": "退出登录", "en": "Log out"},
    "login_wrong": {"zh": "用户名或密码不对。", "en": "The user name or the password is wrong."},
    "login_wait": {
        "zh": "错误次数太多，请过 {seconds} 秒再试。",
        "en": "Too many failures. Try again in {seconds} seconds.",
    },
    "login_elsewhere": {
        "zh": "登录只能从这个页面发出。请在此重新登录。",
        "en": "The login came from another site. Log in here.",
    },
    "password_short": {
        "zh": "密码太短：至少 {least} 个字符。",
        "en": "The password is too short: it needs at least {least} characters.",
    },
    "user_name": {
        "zh": "用户名 {name!r} 不能用：应为 1 到 64 个字符，不含空白和冒号，不以 # 开头。",
        "en": "The user name {name!r} cannot be used: it has 1 to 64 characters, no blanks, no "
        "colon, and does not begin with #.",
    },
    "users_line": {
        "zh": "用户文件 {path} 第 {line} 行看不懂。请删去这一行，再用 wenbao passwd 重设密码。",
        "en": "Line {line} of the users' file {path} cannot be understood. Delete it and set "
        "the password again with wenbao passwd.",
    },
    "users_none": {
        "zh": "用户文件 {path} 里没有用户。请先运行 wenbao passwd {path} 用户名",
        "en": "There are no users in {path}. First run wenbao passwd {path} USER",
    },
    "users_unreadable": {
        "zh": "无法读取用户文件 {path}：{reason}。用 wenbao passwd {path} 用户名 来建立。",
        "en": "The users' file {path} cannot be read: {reason}. wenbao passwd {path} USER makes "
        "one.",
    },
    "users_unwritable": {
        "zh": "无法写入用户文件 {path}：{reason}。请检查文件夹和权限。",
        "en": "The users' file {path} cannot be written: {reason}. Check the folder and its "
        "permissions.",
    },
}


def text(language: Language, key: str, **values: object) -> str:
    """The string of this key, with its ``{names}`` filled in."""
    return TABLE[key][language].format(**values)


def both(key: str, **values: object) -> tuple[str, str]:
    """The string in Chinese and in English."""
    return text("zh", key, **values), text("en", key, **values)


def preferred(accept_language: str) -> Language:
    """The page's language for an ``Accept-Language`` header.

    The better ranked of Chinese and English; English when the header names only other languages,
    Chinese when it names none.
    """
    ranked = sorted(map(_ranked, accept_language.split(",")), key=lambda pair: -pair[0])
    names = [name for weight, name in ranked if weight > 0 and name]
    known = [name for name in names if name in ("zh", "en")]
    if known:
        return "zh" if known[0] == "zh" else "en"
    return "en" if set(names) - {"*"} else "zh"


def _ranked(part: str) -> tuple[float, str]:
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    try:
        weight = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return weight, tag.strip().partition("-")[0].lower()
