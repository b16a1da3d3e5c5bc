from __future__ import annotations

import pytest

from rag.asks import Asked, asked, holds, signatures


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("面馆的第一代掌柜是谁？", "person"),
        ("哪位运动员夺冠？", "person"),
        ("大桥哪天通车？", "date"),
        ("它是哪一年建成的？", "date"),
        ("首班车几点发车？", "time"),
        ("停水影响多少户居民？", "number"),
        ("主跨有多长？", "number"),
        ("补停车位的地方在哪里？", "place"),
        ("为什么推迟通车？", "reason"),
        ("方案包括哪三个部分？", "list"),
        ("哪些线路要绕行？", "list"),
        ("三个高地是什么？", "list"),
        ("“三个高地”指的是什么？", "list"),
        ("第三个项目是什么？", "other"),
        ("推迟到哪一个月份？", "date"),
        ("在哪个时间送来祝福？", "date"),
        ("卖的是哪一款主机？", "other"),
        ("轻微违法如何处置？", "other"),
        ("馆长怎么说？", "words"),
        ("馆长怎么形容那口钟？", "words"),
        ("馆长说新馆缺什么？", "other"),
        ("林知远当选为什么职位？", "other"),
        ("老街改名为什么了？", "other"),
        ("报名为什么推迟？", "reason"),
        ("评定职称为什么要考试？", "reason"),
        ("为什么级别不同？", "reason"),
        ("这样看病要多少钱？", "number"),
        ("新馆因为什么停工？", "reason"),
        ("大水是什么造成的", "reason"),
        ("传感器怎么老是误报", "reason"),
        ("老街凭什么收票？", "reason"),
        ("调查组的三条建议，请都列出来", "list"),
        ("名单列出了多少家企业？", "number"),
        ("大家怎么总结这一年", "other"),
        ("凭什么证件进场？", "other"),
        ("谈谈这座桥", "other"),
        ("带着几家单位去的民警是谁？", "person"),
        ("那几个人在哪里被抓？", "place"),
        ("哪几条河涨了水？", "list"),
        ("哪几个城市有什么活动？", "list"),
        ("在什么比赛中得了第几名？", "number"),
        ("那几点开门？", "time"),
        ("许多大企业中哪几家退出了？", "list"),
        ("哪两部字典最旧？", "list"),
        ("哪两个月销量最高？", "date"),
        ("几家银行的利息降到了多少？", "number"),
        ("Who directed it?", "person"),
        ("When does it open?", "date"),
        ("How many people were hurt?", "number"),
        ("三号线啥时候开通？", "date"),
        ("馆长咋说？", "words"),
        ("他干嘛辞职？", "reason"),
        ("孩子在干嘛？", "other"),
        ("馆长叫什么？", "person"),
        ("站上的那位代表叫什么", "person"),
        ("那位代表写的书叫什么", "other"),
        ("那位代表出了本书叫什么", "other"),
        ("守井的姓什么？", "person"),
        ("台风叫什么名字？", "other"),
        ("哪个球员进了球？", "person"),
        ("哪个县的书记去了？", "place"),
        ("规模最大的馆是哪座？", "other"),
        ("涉案金额？", "number"),
        ("他在哪部电影里演渔夫？", "other"),
        ("下一站去哪？", "place"),
        ("受灾的是哪个乡？", "place"),
        ("新法的难点在哪里？", "other"),
        ("停航的原因在哪？", "reason"),
        ("提出了几点要求？", "number"),
        ("到湖边换乘几号线？", "number"),
        ("划船的两个人是什么关系？", "other"),
        ("老塔建于何年？", "date"),
        ("粮仓是什么年代建的？", "date"),
        ("演出是周几？", "date"),
        ("轮渡一周几班？", "number"),
        ("馆里有多重压力，有什么对策？", "other"),
        ("冰层多厚？", "number"),
        ("他天天巡山图什么？", "reason"),
        ("此为何物？", "other"),
        ("在任何地方都能借书吗？", "other"),
        ("几名船员找到了吗？", "other"),
        ("几内亚的港扩建了吗？", "other"),
        ("What did he say when it opened?", "other"),
        ("Which city has the bridge?", "place"),
        ("In what month was it built?", "date"),
        ("How deep is the well?", "number"),
        ("What caused the flood?", "reason"),
        ("Who published the list?", "person"),
    ],
)
def test_kind(question, kind):
    assert asked(question).kind == kind


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("停水影响多少户居民？", "影响居民2.1万户。", "检修历时2小时。"),
        ("门票多少钱？", "门票20元。", "共有20人参加。"),
        ("茶叶出口额是多少？", "茶叶出口1.1亿元。", "出口增长27%。"),
        ("茶叶出口增长多少？", "茶叶出口增长27%。", "茶叶出口1.1亿元。"),
        ("今年增长了多少个座位？", "今年增长300个座位。", "今年增长27%。"),
        ("主跨有多长？", "主跨628米。", "桥上有4车道。"),
        ("有多少人参加？", "考生共2.38万名。", "考点共19个。"),
        ("最低到多少度？", "最低零下5℃。", "最低气温很低。"),
        ("为多少家企业免了费用？", "已为164家企业免去费用。", "免去费用29万元。"),
        ("鸟为什么多了？", "站长解释，去年冬天很暖。", "鸟多了11种。"),
        ("鸟为什么多了？", "为什么多了？", "鸟多了11种。"),
        ("共几集？", "全片共六集。", "全片很长。"),
        ("追回多少款项？", "追回300万元。", "追回了财物。"),
        ("卖了多少辆？", "卖了50572 辆。", "卖了5.2亿元。"),
        ("哪天通车？", "大桥10月8日通车。", "大桥全长三公里。"),
        ("几点开门？", "上午9:30开门。", "门开在老街。"),
        ("掌柜是谁？", "掌柜叫方守田，用一口铁锅。", "锅是铁的。"),
        ("为什么停水？", "因检修，当晚停水。", "当晚停水。"),
        ("在哪里举行？", "开幕式在江心洲举行。", "开幕式很热闹。"),
        ("掌柜来自哪里？", "掌柜来自云南。", "掌柜七十岁。"),
        ("有多少船工？", "船工35人。", "船工老了，都上了岸。"),
        ("伤了几个？", "三人受伤。", "伤在右脚。"),
        ("损失有多大？", "损失2.1亿元。", "损失了3次。"),
        ("涨幅有多大？", "涨幅37%。", "涨到29元。"),
        ("停水多久？", "停水一个半小时。", "2023年停水。"),
        ("修堤花了多长时间？", "历时两周。", "堤长两里。"),
        ("老船工多大岁数了？", "今年83周岁。", "船长83米。"),
        ("屋里多少度？", "屋里39摄氏度。", "屋里39人。"),
        ("口钟有多重？", "重2.6Kg。", "高26米。"),
        ("来了几艘船？", "来了12条船。", "来了12人。"),
        ("有多少公里？", "全长18千米。", "全长18天。"),
        ("坝高多少米？", "坝高0.1km。", "坝上有100人。"),
        ("停电多少小时？", "停电3个半小时。", "4.3年没有停电。"),
        ("停电几个小时？", "停电90分钟。", "用煤5200吨。"),
        ("停电多少分钟？", "停电两天。", "2023年停电。"),
        ("孩子读几年级？", "孩子读三年级。", "孩子学了三年。"),
        ("鱼重多少公斤？", "鱼重5斤。", "鱼长5米。"),
        ("展厅多少平方米？", "展厅近万平方米。", "展厅高40米。"),
        ("种了多少亩？", "种了3公顷。", "种了3天。"),
        ("赔了多少美元？", "赔了2.1亿美元。", "赔了3次。"),
        ("接待多少人次？", "接待数千人。", "接待三天。"),
        ("上升几个百分点？", "上升0.3%。", "上升3元。"),
        ("修了几个月？", "修了一个半月。", "3月修好。"),
        ("修了几个星期？", "修了10天。", "修了10里。"),
        ("修了几年？", "修了两年多。", "2023年修好。"),
        ("老船工几周岁？", "今年83岁。", "住了83天。"),
        ("几个自然日内兑奖？", "60个自然日内兑奖。", "60人兑奖。"),
        ("几个工作日办好？", "三个工作日办好。", "三人来办。"),
        ("发了多少亿千瓦时？", "发了10亿千瓦时。", "卖了10亿元。"),
        ("用了多少度电？", "用电300千瓦时。", "用电300户。"),
        ("来了几个国家？", "来了12国。", "增长27%。"),
        ("What share of the tea is sold abroad?", "出口占27%。", "出口1.1亿元。"),
        ("补了多少农户的损失费用？", "补了300户。", "补得不少。"),
        ("收入涨了几成？", "涨了14%。", "收入29元。"),
        ("水位上涨了多少？", "上涨1.2米。", "上涨3次。"),
        ("哪天开门？", "8 月 9 日开门。", "晚上八点开门。"),
        ("何时开门？", "晚上八点开门。", "门开在老街。"),
        ("何时建成？", "建于上世纪。", "建在老街。"),
    ],
)
def test_holds(question, right, wrong):
    assert holds(right, asked(question)) == 1
    assert holds(wrong, asked(question)) == 0


@pytest.mark.parametrize(
    "question",
    [
        "用了多少天然气？",
        "来了多少年轻人？",
        "有多少公园？",
        "多少把握？",
        "在第几名？",
        "隔多久开一次？",
        "有多大影响？",
    ],
)
def test_units_that_cannot_be_told(question):
    assert asked(question).units is None


@pytest.mark.parametrize(
    ("question", "amount"),
    [
        ("修了多少小时？", True),
        ("大桥多少公里？", True),
        ("卖了多少日元？", True),
        ("占地多少平方米？", True),
        ("花了多少钱？", True),
        ("捐了多少口罩？", False),
        ("飞来多少天鹅？", False),
        ("有多少平台？", False),
        ("来了多少人？", False),
        ("路有多长？", False),
    ],
)
def test_only_an_amount_in_so_many_words_rules_out_other_units(question, amount):
    assert asked(question).amount == amount


@pytest.mark.parametrize("short", ["约40公里", "300米", "五里", "近万里"])
def test_a_short_answer_holds_its_unit(short):
    assert holds(short, asked("多少公里？")) == 1


def test_thousands_of_people_need_no_unit_behind_them():
    assert holds("450万", asked("有多少人？")) == 1
    assert holds("450", asked("有多少人？")) == 0


@pytest.mark.parametrize(
    ("question", "count", "counted"),
    [
        ("要建设哪三个高地？", 3, "三个高地"),
        ("方案包括哪3项任务？", 3, "3项任务"),
        ("包括哪些部分？", 0, ""),
        ("三个高地在哪里？", 0, ""),
        ("20部短片是哪两家单位拍的？", 2, "两家单位"),
        ("120家单位各是哪些？", 0, ""),
        ("二十四个节气包括哪些？", 0, ""),
        ("五个村里哪些村受了灾？", 0, ""),
    ],
)
def test_a_list_says_how_many_and_of_what(question, count, counted):
    assert (asked(question).count, asked(question).counted) == (count, counted)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("新馆是否包含餐厅？", True),
        ("新馆的地点是否在云桥？", True),
        ("有没有谁受伤？", True),
        ("Did the man who fell survive?", True),
        ("谁正在查新馆是否超支？", False),
        ("哪家馆问过大家能不能来？", False),
        ("票价是多少？", False),
        ("新馆能否按时开馆？", True),
        ("票价降了没有？", True),
        ("小区通不通燃气？", True),
        ("在任何地方都能借书吗？", True),
        ("更名仪式由谁主持？", False),
        ("水管为什么更容易冻？", False),
    ],
)
def test_yes_or_no_takes_a_sentence_unless_a_thing_is_asked_for(question, sentence):
    assert asked(question).sentence == sentence


def test_who_reported_is_nobody_in_the_news():
    sentence = "本报讯（首席记者 周知远）大会昨天召开。"
    assert holds(sentence, asked("谁出席了大会？")) == 0
    assert holds(sentence, asked("记者是谁？")) == 1
    assert signatures(sentence, asked("谁出席了大会？")) == [(3, 13)]
    assert signatures(sentence, asked("这篇报道是谁写的？")) == []


def test_what_cannot_be_told_is_a_half():
    assert holds("大桥通车了。", Asked(kind="other")) == 0.5


@pytest.mark.parametrize(
    ("question", "holder"),
    [
        ("林知远是什么职务？", "林知远"),
        ("江予墨目前担任什么职位？", "江予墨"),
        ("陆青梧的身份是什么？", "陆青梧"),
        ("龙舟赛的身份证件怎么查？", ""),
        ("局长是谁？", ""),
    ],
)
def test_whose_office_is_asked_for(question, holder):
    assert asked(question).holder == holder
