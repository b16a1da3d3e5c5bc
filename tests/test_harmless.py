from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.harmless import ODD, fenceless, plain, visible


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("**大桥**通车了", "大桥通车了"),
        ("## 结论", "结论"),
        ("> 引文", "引文"),
        ("* 一\n+ 二\n- 三", "- 一\n- 二\n- 三"),
        ("---", ""),
        ("```python", "python"),
        ("[点这里](http://a.example/x)", "点这里 http://a.example/x"),
        ('![图](http://a.example/x.png "题")', "图 http://a.example/x.png"),
        ("[x](javascript:alert(1))", "[x] (javascript:alert(1))"),
        ("<b>大桥</b><img src=x onerror=alert(1)>", "大桥"),
        ("<scr<script>ipt>x</scr</script>ipt>", "x"),
        ("3<5，7>5，<未完", "3＜5，7＞5，＜未完"),
        ("a\u200bb\u202ec", "abc"),
        ("5*3=15，snake_case", "5*3=15，snake_case"),
    ],
)
def test_plain(written, text):
    assert plain(written) == text


@given(st.text(alphabet="<>[]()!*_`#ab/ \n\u200b=-&", max_size=60))
def test_nothing_that_acts_is_left(written):
    text = plain(written)
    assert "<" not in text
    assert "](" not in text
    assert not ODD.search(text)
    assert plain(text) == text


def test_fences_and_invisible_characters():
    assert fenceless("一===二＝＝三=\u200b=四=") == "一=二=三=四="
    assert visible("水\ufeff库\U000e0041") == "水库"


@pytest.mark.parametrize("char", list("<[!*_=>#- (\n"))
def test_long_runs_of_one_character_end(char):
    plain(char * 1000)
    fenceless(char * 100_000)
