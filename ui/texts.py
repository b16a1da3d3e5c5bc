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
        "en": "Ask the paper",
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
    "writing": {
        "zh": "模型正在写，写完一句核对一句……",
        "en": "The model is writing; each sentence is checked once it stands…",
    },
    "stopped": {"zh": "已停止。", "en": "Stopped."},
    "stopped_draft": {
        "zh": "已停止。下面是停下以前核对过的句子。",
        "en": "Stopped. Here are the sentences that were checked before.",
    },
    "understood": {"zh": "理解为：", "en": "Understood as: "},
    "rephrase": {"zh": "修改", "en": "Change"},
    "rephrased": {"zh": "问题应理解为", "en": "The question means"},
    "ask_again": {"zh": "按此再问", "en": "Ask again"},
    "suggested": {"zh": "可以接着问", "en": "You could go on with"},
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
    # What a language model wrote
    "pending": {"zh": "还没有核对：", "en": "not checked yet: "},
    "unverified": {"zh": "未核实", "en": "not verified"},
    "unverified_because": {"zh": "未核实：{reason}", "en": "not verified: {reason}"},
    "why_uncited": {"zh": "这一句没有注明出处", "en": "this sentence names no source"},
    "why_invented": {
        "zh": "注的编号 {numbers} 不存在",
        "en": "there is no passage of the number {numbers}",
    },
    "why_details": {
        "zh": "所注的段落里没有{missing}",
        "en": "the passages it names do not hold {missing}",
    },
    "why_meaning": {
        "zh": "所注的段落没有这样说",
        "en": "the passages it names do not say so",
    },
    "list_stop": {"zh": "、", "en": ", "},
    "written_by": {
        "zh": "由 {model} 撰写，逐句核对原文。",
        "en": "Written by {model}, each sentence checked against the paper.",
    },
    "all_supported": {
        "zh": "共 {total} 句，都有出处。",
        "en": "Sentences: {total}, all supported.",
    },
    "some_doubted": {
        "zh": "共 {total} 句，其中 {doubted} 句未核实，已标出。",
        "en": "Sentences: {total}; not verified, and marked: {doubted}.",
    },
    "invented_count": {
        "zh": "模型写了 {count} 个不存在的编号：{numbers}。",
        "en": "Numbers that it made up: {count} ({numbers}).",
    },
    "used": {
        "zh": "给模型读的：检索到的 {hits} 段中的前 {used} 段",
        "en": "What the model was given to read: the first {used} of {hits} passages found",
    },
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
        "zh": "档案还是空的。先在“档案”页加入报纸，或运行：wenbao add 文件夹",
        "en": "The archive is still empty. Add papers first, in the tab Archive or with: "
        "wenbao add FOLDER",
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
    # The archive tab
    "tab_library": {"zh": "档案", "en": "Archive"},
    "drop_here": {"zh": "把报纸文件拖到这里", "en": "Drop pages of the paper here"},
    "choose_files": {"zh": "选择文件", "en": "Choose files"},
    "choose_folder": {"zh": "选择文件夹", "en": "Choose a folder"},
    "upload_hint": {
        "zh": "TXT、PDF、DOCX、HTML、Markdown、JSONL、CSV；每个不超过 {most} MB，"
        "一次最多 {count} 个。扫描件要先做文字识别。",
        "en": "TXT, PDF, DOCX, HTML, Markdown, JSONL, CSV; up to {most} MB each, {count} at once. "
        "A scan needs OCR first.",
    },
    "upload_paper": {"zh": "报纸名，文件里没有时用", "en": "Paper, where a file names none"},
    "upload_day": {"zh": "日期，填了就用于全部文章", "en": "Date, instead of those in the files"},
    "too_many_files": {
        "zh": "选了 {given} 个文件，一次最多 {count} 个，没有上传。请分几次加入。",
        "en": "These are {given} files, and {count} can be added at once: none was sent. "
        "Add them in several goes.",
    },
    "file_too_large": {
        "zh": "{name}：超过 {most} MB，没有加入。请拆成几个小文件。",
        "en": "{name}: larger than {most} MB, not added. Split it.",
    },
    "upload_lost": {
        "zh": "{name}：没有传到服务器。请检查连接后再试。",
        "en": "{name}: did not reach the server. Check the connection and try again.",
    },
    "upload_foreign": {
        "zh": "上传不是从这个网页发出的，没有接收。请重新载入网页后再试。",
        "en": "The upload did not come from this page and was not taken. Reload the page, and try "
        "again.",
    },
    "upload_unwritable": {
        "zh": "{name}：存不进档案文件夹（{reason}）。请检查磁盘空间和权限。",
        "en": "{name}: cannot be stored in the archive's folder ({reason}). Check the disk's space "
        "and the permissions.",
    },
    "sending": {
        "zh": "正在上传第 {number} / {count} 个：{name}",
        "en": "Sending {number} of {count}: {name}",
    },
    "arrivals": {"zh": "加入的文件", "en": "Files being added"},
    "arrival_waiting": {"zh": "等待", "en": "waiting"},
    "arrival_reading": {"zh": "正在读", "en": "reading"},
    "arrival_embedding": {
        "zh": "找到 {total} 篇，正在编入 {done} / {total}",
        "en": "found {total} articles, embedding {done} of {total}",
    },
    "arrival_done": {"zh": "已加入 {total} 篇", "en": "articles added: {total}"},
    "arrival_known": {"zh": "已在档案里，{total} 篇", "en": "already there, articles: {total}"},
    "arrival_corrected": {
        "zh": "已在档案里，并且改过，没有重新读入",
        "en": "already there with corrections, not read again",
    },
    "arrival_failed": {"zh": "没有加入", "en": "not added"},
    "arrival_stopped": {"zh": "还没有加入", "en": "not added yet"},
    "all_arrived": {
        "zh": "{done} 个文件已在档案里，{failed} 个没有加入。",
        "en": "Files in the archive: {done}; not added: {failed}.",
    },
    "try_again": {"zh": "再试一次", "en": "Try again"},
    "nothing_sent": {"zh": "没有可加入的文件。", "en": "There is no file to add."},
    "adding_now": {
        "zh": "正在加入文件，现在不能修改。请等它完成后再试。",
        "en": "Files are being added, nothing can be changed now. Try again when that is done.",
    },
    "unexpected_change": {
        "zh": "程序出了意外，这一步没有完成，档案没有变。请再试一次；细节记在运行问报的窗口里。",
        "en": "Something unexpected happened, and this step was not done; the archive is as it "
        "was. Try again; the details are in the window that runs wenbao.",
    },
    "search_articles": {"zh": "在档案里查找", "en": "Search the archive"},
    "by_month": {"zh": "按月", "en": "By month"},
    "by_year": {"zh": "按年", "en": "By year"},
    "by_paper": {"zh": "按报纸", "en": "By paper"},
    "as_table": {"zh": "列成表", "en": "As a table"},
    "undated": {"zh": "日期不明", "en": "undated"},
    "unnamed_paper": {"zh": "报名不明", "en": "unnamed"},
    "bar": {"zh": "{name}：{count} 篇", "en": "{name}: {count} articles"},
    "year_name": {"zh": "{year}年", "en": "{year}"},
    "month_name": {"zh": "{year}年{month}月", "en": "{year}-{month:02d}"},
    "no_articles": {
        "zh": "没有符合条件的文章。换个词，或去掉条件。",
        "en": "No article fits. Try other words, or remove a condition.",
    },
    "empty_drop": {
        "zh": "档案还是空的。把报纸文件拖到上面，或点“选择文件”。",
        "en": "The archive is still empty. Drop pages above, or choose files.",
    },
    "articles_shown": {"zh": "第 {first}–{last} 篇", "en": "Articles {first}–{last}"},
    "earlier_page": {"zh": "上一页", "en": "Previous page"},
    "later_page": {"zh": "下一页", "en": "Next page"},
    "no_file_open": {
        "zh": "点开一篇文章，这里按版面顺序列出它所在文件的各篇，可以合并、拆分、改正和删除。",
        "en": "Open an article: the articles of its file stand here in the order of the page, to "
        "be merged, split, corrected and deleted.",
    },
    "file_holds": {"zh": "{count:,} 篇", "en": "articles: {count:,}"},
    "close_file": {"zh": "返回列表", "en": "Back to the list"},
    "open_file": {"zh": "打开 {name}", "en": "Open {name}"},
    "file_corrected": {"zh": "改过", "en": "corrected"},
    "undo_last": {"zh": "撤销上一步", "en": "Undo the last step"},
    "revert_all": {"zh": "全部还原", "en": "Take back all"},
    "edit": {"zh": "修改", "en": "Correct"},
    "edit_article": {"zh": "修改：{title}", "en": "Correct: {title}"},
    "merge_next": {"zh": "与下一篇合并", "en": "Merge with the next"},
    "merge_article": {
        "zh": "与下一篇合并：{title}",
        "en": "Merge with the next: {title}",
    },
    "delete_article": {"zh": "删除：{title}", "en": "Delete: {title}"},
    "split_here": {"zh": "从这里另起一篇", "en": "Starts a new article here"},
    "split_title": {"zh": "新一篇的标题，可不填", "en": "Its headline, if it has one"},
    "split": {"zh": "拆开", "en": "Split"},
    "field_title": {"zh": "标题", "en": "Headline"},
    "field_subtitle": {"zh": "副题", "en": "Subtitle"},
    "field_author": {"zh": "作者", "en": "Author"},
    "field_byline": {"zh": "记者署名", "en": "Byline"},
    "field_date": {"zh": "日期", "en": "Date"},
    "field_source": {"zh": "报纸", "en": "Paper"},
    "save": {"zh": "保存", "en": "Save"},
    "cancel": {"zh": "放弃", "en": "Cancel"},
    "left_out": {"zh": "……（略去 {count} 字）……", "en": " … ({count} characters) … "},
    "corrected": {"zh": "已修改《{title}》。", "en": "Corrected: {title}."},
    "not_changed": {"zh": "没有改动。", "en": "Nothing was changed."},
    "merged": {"zh": "已合并为《{title}》。", "en": "Merged into: {title}."},
    "was_split": {
        "zh": "已拆开，新的一篇是《{title}》。",
        "en": "Split; the new article is: {title}.",
    },
    "removed": {"zh": "已删除《{title}》。", "en": "Deleted: {title}."},
    "removed_file": {
        "zh": "已删除《{title}》。文件里没有别的文章，也移出了档案。",
        "en": "Deleted: {title}. Its file held nothing else and is out of the archive too.",
    },
    "read_again": {"zh": "重新读入文件", "en": "Read the file again"},
    "was_read_again": {"zh": "文件已重新读入。", "en": "The file was read again."},
    "article_gone": {
        "zh": "这篇文章已不在这个文件里，可能刚被别人改过。请从列表里重新打开。",
        "en": "This article is no longer in the file; someone may just have changed it. Open the "
        "file again from the list.",
    },
    "file_gone": {
        "zh": "这个文件已不在档案里。请从列表里打开别的文章。",
        "en": "This file is no longer in the archive. Open another article from the list.",
    },
    "undone": {"zh": "已撤销。", "en": "Undone."},
    "nothing_to_undo": {"zh": "没有可撤销的。", "en": "There is nothing to undo."},
    "reverted": {"zh": "已还原 {count} 步。", "en": "Steps taken back: {count}."},
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
    "suggest": {"zh": "推荐接下来可问的问题", "en": "Suggest questions to go on with"},
    "suggest_does": {
        "zh": "回答之后再找，都先试问过，档案里有答案；不耽误下一个问题。",
        "en": "Looked for once an answer is there, and tried out: the archive answers each. Your "
        "next question does not wait for them.",
    },
    "settings_mark": {
        "zh": "设置编号 {id}，记在用它得出的每个回答里。",
        "en": "Settings {id}: every answer made with them carries this mark.",
    },
    "defaults": {"zh": "恢复默认", "en": "Back to the defaults"},
    "settings_models": {"zh": "模型", "en": "Models"},
    "embedder": {"zh": "检索（嵌入模型）", "en": "Finds passages (embedder)"},
    "span_reader": {"zh": "阅读（抽取模型）", "en": "Reads them (reader)"},
    "generator": {"zh": "撰写（语言模型）", "en": "Writes the answer (language model)"},
    "no_generator": {
        "zh": "没有：回答只用原句",
        "en": "none: answers are the paper’s own sentences",
    },
    "model_checked": {
        "zh": "写的每一句都和原文核对",
        "en": "each of its sentences is checked against the paper",
    },
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
    "change_endpoint": {
        "zh": "语言模型，用服务器上的",
        "en": "a language model behind an endpoint",
    },
    "change_local": {
        "zh": "语言模型，用这台机器上的",
        "en": "a language model on this machine",
    },
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
    "stage_generate": {"zh": "撰写回答", "en": "Write the answer"},
    "stage_check": {"zh": "核对回答", "en": "Check it"},
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
    "login_ended": {
        "zh": "登录已结束。请在新窗口里重新登录，再回到这里继续；这一页的内容都还在。",
        "en": "Your login has ended. Log in again in a new window, then go on here; nothing on "
        "this page is lost.",
    },
    "close": {"zh": "关闭", "en": "Close"},
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
    # The HTTP interface
    "api_unauthorized": {
        "zh": "没有令牌，或令牌不对。请在请求头里写 Authorization: Bearer 令牌，或先在页面登录。",
        "en": "The token is missing or wrong. Send the header Authorization: Bearer TOKEN, or log "
        "in to the page first.",
    },
    "api_foreign": {
        "zh": "请求来自另一个网站的页面，不予回答。请从程序里发送。",
        "en": "The request comes from a page of another site and is not answered. Send it from a "
        "program.",
    },
    "api_type": {
        "zh": "请求的 Content-Type 是“{kind}”。请用 application/json。",
        "en": "The request's Content-Type is “{kind}”. Use application/json.",
    },
    "api_large": {
        "zh": "请求体超过上限 {most} KB。请少带几轮对话。",
        "en": "The body is larger than {most} KB. Send fewer turns of the conversation.",
    },
    "api_body": {
        "zh": "请求体不是 JSON。请检查引号、逗号和编码（UTF-8）。",
        "en": "The body is not JSON. Check quotes, commas and the encoding (UTF-8).",
    },
    "api_invalid": {
        "zh": "请求的字段 {where} 不对：{reason}。格式见 /docs。",
        "en": "The field {where} of the request is wrong: {reason}. See /docs for the form.",
    },
    "api_no_path": {
        "zh": "没有这个地址。有哪些见 /docs。",
        "en": "There is no such path. See /docs for those that there are.",
    },
    "api_method": {
        "zh": "这个地址不接受这种请求方法。请看响应头 Allow，或 /docs。",
        "en": "This path does not take this method. See the header Allow, or /docs.",
    },
    "api_busy": {
        "zh": "同时在答的问题太多。请过几秒再试。",
        "en": "Too many questions are being answered. Try again in a few seconds.",
    },
    "api_gone": {"zh": "客户端断开了。", "en": "The client hung up."},
    "api_model": {
        "zh": "没有名为“{name}”的模型。请用 wenbao。",
        "en": "There is no model “{name}”. Use wenbao.",
    },
    "api_one": {
        "zh": "一个问题只有一个回答。请去掉 n，或写 1。",
        "en": "A question has one answer. Leave out n, or write 1.",
    },
    "api_only_text": {
        "zh": "回答是文字，不是别的格式。请去掉 response_format；要 JSON 请用 /api/ask。",
        "en": "The answer is text and nothing else. Leave out response_format; for JSON use "
        "/api/ask.",
    },
    "api_no_question": {
        "zh": "对话里没有要答的问题：最后一条消息应当来自 user。",
        "en": "The dialogue ends without a question: its last message should be the user's.",
    },
    "api_unsupported": {"zh": "（未获原文证实）", "en": " (not confirmed by the paper)"},
    "api_dated": {"zh": "（{dated}）", "en": " ({dated})"},
    "api_instead": {
        "zh": "以上文字作废，以下面的回答为准：",
        "en": "The words above do not stand; the answer is:",
    },
    "api_no_reference": {
        "zh": "缺少接口说明页的文件 {name}。请运行：pip install fastapi-offline",
        "en": "The file {name} of the reference page is missing. Run: pip install fastapi-offline",
    },
    "token_unreadable": {
        "zh": "读不出令牌文件 {path}：{reason}。请检查路径和权限。",
        "en": "The token file {path} cannot be read: {reason}. Check its path and permissions.",
    },
    "token_weak": {
        "zh": "{place} 里的令牌不能用：应当是 16 到 512 个没有空格的 ASCII 字符。可以这样生成："
        'python -c "import secrets; print(secrets.token_urlsafe())"',
        "en": "The token in {place} cannot be used: it should be 16 to 512 ASCII characters "
        'without spaces. Make one with: python -c "import secrets; print(secrets.token_urlsafe())"',
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
