from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import finished
from rag.evidence import query_of
from rag.snap import called, enumerated, listing, snapped, without_sum


def words(text, part, widen=snapped):
    start = text.index(part)
    a, b = widen(text, (start, start + len(part)))
    return text[a:b]


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("大桥于2024年12月26日通车。", "2月2", "2024年12月26日"),
        ("共筹得1,234.5万元。", "34.5万元", "1,234.5万元"),
        ("增长12.5%。", "12", "12.5%"),
        ("书展8月19日到21日开放。", "21日", "8月19日到21日"),
        ("7月19日上午10点30分左右失踪。", "7月19日", "7月19日上午10点30分左右"),
        ("3号线去年底开通。", "3", "3"),
        ("二十三人获奖。", "十三人", "二十三人"),
        ("文献片《青山在望》开播。", "青山", "《青山在望》"),
        ("他叫“老船长”。", "船长", "“老船长”"),
        ("由Open Valley公司承建", "Val", "Valley"),
        ("会议21:35结束。", "35结束", "21:35结束"),
        ("馆长孟秋，说完就走。", "孟秋，", "孟秋"),
        ("（孟秋", "（孟秋", "孟秋"),
        (
            "落实“层层有人、夜夜有灯，处处有水”的办法。",
            "落实“层层有人、夜夜有灯，处处有水",
            "落实“层层有人、夜夜有灯，处处有水”",
        ),
        ("产量排第三。", "三", "第三"),
        ("第1,000名到了。", "1,000", "第1,000"),
        ("唱了“Spring Festival Song”。", "Festival", "“Spring Festival Song”"),
        ("办“云桥国际马拉松暨半程马拉松赛”。", "国际", "“云桥国际马拉松暨半程马拉松赛”"),
        ("他说“我在青岚读书，后来走了”。", "青岚", "青岚"),
        ("她说“没有比石渡更好的茶园可以去看看了”。", "石渡", "石渡"),
    ],
)
def test_no_number_date_or_name_is_cut(text, part, whole):
    assert words(text, part) == whole


def test_a_span_that_cuts_nothing_stays():
    assert words("今年记录到白鹭312只，比去年多。", "312只") == "312只"


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("获奖的有林溪、周禾、方守田，共三人。", "林溪", "林溪、周禾、方守田"),
        ("种了柳树、水杉和乌桕。", "柳树", "柳树、水杉和乌桕"),
        ("由孟秋主持。", "孟秋", "孟秋"),
    ],
)
def test_a_list_is_given_whole(text, part, whole):
    assert words(text, part, enumerated) == whole


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("禾泉、石渡、青岚三市", "禾泉、石渡、青岚"),
        ("禾泉、石渡等五个市", "禾泉、石渡"),
        ("禾泉、石渡等市", "禾泉、石渡等市"),
        ("禾泉、石渡、林家四村", "禾泉、石渡、林家四村"),
        ("一号、二号楼", "一号、二号楼"),
        ("第一、第二楼", "第一、第二楼"),
        ("一、二楼", "一、二楼"),
        ("禾泉一市、禾泉二市", "禾泉一市、禾泉二市"),
    ],
)
def test_a_list_is_told_without_its_sum(text, whole):
    question = "哪些市要绕行，有哪些楼？"
    a, b = without_sum(text, (0, len(text)), question)
    assert text[a:b] == whole


@pytest.mark.parametrize(
    ("text", "count", "whole"),
    [
        ("会上定了三件事：修路，种树，架桥。", 3, "修路，种树，架桥"),
        ("会上定了三件事：修路，种树。", 3, None),
        ("孟秋说：“修路，种树。”", 0, None),
        ("展厅分“山”“水”“人”三块。", 3, "“山”“水”“人”"),
        ("三集依次是《山》《水》和《人》。", 3, "《山》《水》和《人》"),
        ("一是修路，二是种树，三是架桥。", 3, "一是修路，二是种树，三是架桥"),
        (
            "有两个原因：一是围网拆了，鸟有了浅滩；二是水位低了。",
            2,
            "一是围网拆了，鸟有了浅滩；二是水位低了",
        ),
        ("馆里包括：陶瓷、年画。", 0, "陶瓷、年画"),
    ],
)
def test_a_list_is_found_by_what_announces_it(text, count, whole):
    span = listing(text, (0, len(text)), count)
    assert (text[slice(*span)] if span else None) == whole


@pytest.mark.parametrize(
    ("counted", "count", "inside"),
    [
        ("三个湖", 3, "东湖、西湖、北湖"),
        ("三座山", 3, "大岭、小岭、长岭"),
        ("四座山", 4, None),
        ("三个湖泊", 3, None),
    ],
)
def test_quoted_things_are_found_by_what_they_are_called(counted, count, inside):
    text = "市里有“东湖、西湖、北湖”三个湖和“大岭、小岭、长岭”三座山。"
    span = called(text, (0, len(text)), counted, count)
    assert (text[slice(*span)] if span else None) == inside
    assert called(text, (8, len(text)), "三个湖", 3) is None
    text = "他说，以治好大湖、种满小山“两个治好”为先。"
    span = called(text, (0, len(text)), "两个治好", 2)
    assert span and text[slice(*span)] == "治好大湖、种满小山"


@given(st.text("一二3.5年月日《》“”，。a、和 ", max_size=40), st.data())
def test_the_span_stays_in_the_text(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    for widen in (snapped, enumerated):
        a, b = widen(text, (start, end))
        assert 0 <= a <= b <= len(text)
    a, b = snapped(text, (start, end))
    assert a == b or not {text[a], text[b - 1]} & set("，。、 ")


def finish(question):
    """Finishes the words of an answer to the question; its quote is the whole text."""
    query = query_of(question, {}, 1)
    return lambda text, span: finished(text, (0, len(text)), span, query)


@pytest.mark.parametrize(
    ("question", "text", "part", "whole"),
    [
        # one clause
        (
            "谁夺冠？",
            "方守田两人夺冠，同来的林溪第三。",
            "方守田两人夺冠，同来的林溪",
            "方守田两人夺冠",
        ),
        (
            "主跨有多长？",
            "大桥全长3.68公里，主跨628米，六车道。",
            "3.68公里，主跨628米",
            "628米",
        ),
        ("排名第几？", "茶园面积全省第二，在邻市第三。", "第二，在邻市第三", "第二"),
        ("哪天开幕？", "书展19日在云栖开幕。", "19日在", "19日"),
        ("共有多少？", "总量跨过亿吨大关，达到10002万吨。", "亿吨大关，达到10002万吨", "10002万吨"),
        ("在哪里？", "比赛在的江心洲。", "的江心洲", "江心洲"),
        ("在哪里办？", "比赛位于江心洲举办。", "位于江心洲", "江心洲"),
        ("在哪里办？", "比赛在江心洲举办。", "在江心洲", "江心洲"),
        ("摧毁几座？", "摧毁了一座桥。", "了一座", "一座"),
        ("哪年开始？", "从2024年起实行。", "2024年起", "2024年"),
        ("公示多久？", "公示20个自然日。", "20", "20个自然日"),
        ("什么颜色？", "门是红的，墙是白的", "红的，墙", "红的，墙"),
        # a number with its unit
        ("发放了多少份许可？", "去年发放53.87万份许可证。", "53.87万", "53.87万份许可"),
        ("有多少个成员国没有兑现承诺？", "有13个成员国没有做到。", "13", "13个"),
        ("有多少项空间应用成果？", "已有4000余项空间应用成果。", "4000余", "4000余项"),
        ("产量是多少吉瓦时？", "产量超过400吉瓦时。", "400吉瓦", "超过400吉瓦时"),
        ("人口减少了多少人？", "人口减少约51.1万人。", "51.1万人", "约51.1万人"),
        ("节省了多少元？", "每户节约30元。", "30元", "30元"),
        ("这是第几次？", "这是第14次加息。", "第14次", "第14次"),
        ("有几只猪獾？", "捕获10只野猪、6只猪獾。", "野猪、6只猪獾", "6只猪獾"),
        ("有几只猪獾？", "捕获10只野猪、6只猪獾。", "10只", "6只猪獾"),
        ("有几只猪獾？", "捕获6只猪獾，又有2只猪獾逃走。", "6只", "6只"),
        ("经历了多少阶段？", "改革走过三个阶段。", "三个", "三个阶段"),
        ("出动多少架次侦察机？", "共出动60架次侦察机。", "60架", "60架次"),
        ("多少户？", "影响4.3万户。", "4.3万", "4.3万户"),
        ("每秒刷新多少次？", "眼睛每秒160次。", "160次", "每秒160次"),
        ("冷到多少度？", "最低零下5℃。", "5℃", "零下5℃"),
        ("新增多少例？", "5个区新增病例37例。", "5个区新增病例37例", "37例"),
        ("成本增速是多少？", "成本下降3%。", "下降3%", "下降3%"),
        ("海拔多少米？", "长在海拔250米至600米。", "海拔250米至600米", "250米至600米"),
        ("能开多久？", "可开约2个月。", "约2个月", "约2个月"),
        ("卖了多少辆？", "售出50572 辆车。", "50572", "50572 辆"),
        ("投入多少钱？", "投入超过3.87亿美元。", "超过3.87亿美元", "超过3.87亿美元"),
        ("种了几棵？", "补种30余株。", "30余株", "30余株"),
        ("漫到几楼了？", "水漫到三楼了。", "三楼", "三楼"),
        ("管多大的孩子？", "管7岁至15岁的孩子。", "7岁至15岁", "7岁至15岁"),
        ("有多少人？", "由10人增至30人。", "10人增至30人", "10人增至30人"),
        ("有几个？", "有10个到15个。", "10个到15个", "10个到15个"),
        ("救了几名？", "船上三名渔民获救。", "三名", "三名"),
        ("有多少读者？", "读者人数三千人。", "三千", "三千人"),
        ("卖了多少辆？", "7日至9日售出300辆。", "7日至9日售出300辆", "300辆"),
        ("搭了多少顶？", "搭起数百顶帐篷。", "数百顶", "数百顶"),
        ("有几只？", "捕获10只野猪、6只猪獾。", "野猪、6只猪獾", "野猪、6只猪獾"),
        # a person as the paper speaks of them
        ("谁先到？", "龚先生先到。", "龚", "龚先生"),
        # a name with what was asked about
        ("收回了什么权限？", "收回了账号的直播权限。", "直播", "直播权限"),
        ("上线了哪项服务？", "上线了“云上就诊”服务。", "“云上就诊”", "“云上就诊”"),
        ("他选择什么？", "他选择去云栖。", "去云栖", "去云栖"),
        ("车胎被什么刺穿了？", "车胎被铁钉刺穿了。", "铁钉", "铁钉"),
        ("车胎被什么刺穿？", "车胎被铁钉刺穿。", "铁钉", "铁钉"),
        ("他毕业于哪个中学？", "他毕业于云桥中学。", "云桥", "云桥中学"),
        ("失联了几次？", "这是第三次失联。", "第三次", "三次"),
        ("在哪里办公？", "在建馆里办公。", "在建馆里", "在建馆里"),
        ("以什么为前提？", "以自愿为前提。", "自愿", "自愿"),
        ("他管过哪个处？", "他管过组织处处务。", "组织处", "组织处"),
    ],
)
def test_one_thing_is_said_as_people_say_it(question, text, part, whole):
    assert words(text, part, finish(question)) == whole
