"""What the page's events do, without a browser."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from rag import Chatbot
from ui.app import build
from ui.conversations import keep
from ui.evaluation import EvaluationTab
from ui.history import History
from ui.session import Exchange, Session


async def handlers(*given, **options):
    """The page's handlers by name; made under a running loop, or the framework leaves some open."""
    functions = [each.fn for each in build(*given, **options).fns.values()]
    return {getattr(each, "__qualname__", ""): each for each in functions}


def test_a_conversation_that_is_deleted_leaves_the_page_and_can_come_back(archive, reader):
    history = History(archive.path / "history.db")
    session = Session(owner="mine", exchanges=(Exchange(question="水位？", stage="stopped"),))
    keep(history, session)
    event = SimpleNamespace(_data={"act": "delete", "key": session.key})
    found = asyncio.run(handlers(Chatbot(archive, reader=reader), history=history))
    shown = found["HistoryTab.wire.<locals>.acted"](session, "", event)
    shown = {widget.elem_id: said for widget, said in shown.items()}
    history.close()
    assert 'data-act="restore"' in shown["kept"]
    assert "水位？" not in shown["talk"]
    assert 'data-key=""' in shown["talk"]


def test_a_damaged_run_is_named(archive):
    run = archive.path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "summary.json").write_text("{}", encoding="utf-8")
    tab = EvaluationTab(SimpleNamespace(archive=archive), ())
    tab.report = "report"
    for shown in (tab._opened(Session(), None), tab._picked(Session(), "one", None)):
        assert "one 里没有完整的评测" in shown["report"]
