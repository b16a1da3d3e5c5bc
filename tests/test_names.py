from __future__ import annotations

import pytest

from rag.names import regions_in


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("禾泉县的茶园有多少亩？", ["禾泉县"]),
        ("岚江市望溪区和云栈镇", ["岚江市", "望溪区", "云栈镇"]),
        ("全市的开发区和小区", []),
        ("他为什么说市里变了，又认为市政府对", []),
        ("开市后请市民在展区省着用电", []),
        ("东南片区的副区长", []),
        ("怎样区分，如何省钱，参加省军区，选举市长", []),
        ("徐汇区景洪市奉节县荣成市", ["徐汇区", "景洪市", "奉节县", "荣成市"]),
        ("扬州市长和渝北区分局", ["扬州市", "渝北区"]),
    ],
)
def test_regions(text, regions):
    assert regions_in(text) == regions
