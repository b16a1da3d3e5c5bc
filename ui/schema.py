"""What goes over the HTTP interface: requests as they are checked, answers as they are described.

``Answer`` describes what ``rag.plain.answer_dict`` makes, ``Completion`` what ``ui.completions``
makes: these classes are the reference that clients read, and a test holds both against them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rag.chatbot import FIRST_DAY, HALF_CHARACTER, LAST_DAY, MAX_QUESTION_CHARS

MAX_ANSWER = 20_000
"""Characters of an earlier answer."""

MAX_TURNS = 100
"""Earlier questions, or messages of a dialogue, that one request may carry."""


def _readable(text: str) -> str:
    """The text, if it can be stored."""
    if HALF_CHARACTER.search(text):
        raise ValueError("half a character")
    return text


Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A day that has others before and after it, so that one can count from it."""

Text = Annotated[str, AfterValidator(_readable)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Lenient(BaseModel):
    """A request of somebody else's format: what is not known here is left alone."""

    model_config = ConfigDict(extra="ignore")


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


# POST /api/ask


class AskFilters(_Request):
    """Which articles a question may be answered from."""

    since: date | None = Field(default=None, description="Only articles from this day on.")
    until: date | None = Field(default=None, description="Only articles up to this day.")
    source: Text | None = Field(default=None, description="Only papers with this in their name.")
    title: Text | None = Field(
        default=None, description="Only articles with this in their headline."
    )


class GivenCitation(_Lenient):
    """A citation of an earlier answer. One that the archive no longer holds is left out."""

    article_id: Text
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class GivenAnswer(_Lenient):
    """An earlier answer, as this interface gave it; only these fields are read."""

    status: Literal["answered", "refused"] = "answered"
    text: Text = Field(default="", max_length=MAX_ANSWER)
    short: Text = Field(default="", max_length=MAX_ANSWER)
    standalone: Text = Field(default="", max_length=MAX_ANSWER)
    citations: list[GivenCitation] = Field(default=[], max_length=MAX_TURNS)


class GivenTurn(_Request):
    """An earlier question of the conversation."""

    question: Text = Field(max_length=MAX_QUESTION_CHARS)
    answer: GivenAnswer | Text | None = Field(
        default=None,
        description="The answer that was given: the object that came back, or its text.",
    )


class Ask(_Request):
    """A question to the archive."""

    question: Text = Field(
        description="At most 1,000 characters.", examples=["青禾大桥主跨有多长？"]
    )
    turns: list[GivenTurn] = Field(
        default=[], max_length=MAX_TURNS, description="The conversation so far, oldest first."
    )
    filters: AskFilters = AskFilters()
    asked_on: Day | None = Field(
        default=None,
        description="The day that “yesterday” counts from; today if left out.",
        examples=["2024-03-28"],
    )
    stream: bool = Field(
        default=False,
        description="Send events while the answer is made; so does Accept: text/event-stream.",
    )


class Citation(_Reply):
    """Where the answer's words stand: ``quote`` is the characters start to end of the article."""

    number: int = Field(description="The number in the answer's text: [1].")
    article_id: str
    title: str
    date: str | None
    source: str | None
    page: int | None
    path: str
    quote: str
    start: int
    end: int
    words: tuple[int, int] | None = Field(
        description="The characters of the article, inside the quote, that answer by themselves."
    )


class Hit(_Reply):
    """A passage that was found."""

    article_id: str
    title: str
    date: str | None
    start: int
    end: int
    text: str
    score: float
    dense: float
    lexical: float | None


class Statement(_Reply):
    """A sentence that a language model wrote, and what its check found."""

    text: str
    start: int
    end: int
    supported: bool
    numbers: list[int] = Field(description="The citations that support it.")
    problem: Literal["uncited", "invented", "details", "meaning"] | None
    missing: list[str] = Field(description="Its words that the passages it names do not hold.")
    invented: list[int] = Field(description="Numbers that it names and that do not exist.")


class BothLanguages(_Reply):
    """A message in Chinese and in English."""

    zh: str
    en: str


class Answer(_Reply):
    """What the archive says to a question, with the proof. Offsets count Unicode characters."""

    question: str
    status: Literal["answered", "refused"]
    text: str = Field(description="With citation numbers as [1].")
    short: str = Field(description="The few words that answer by themselves, if there are such.")
    dated: str = Field(description="The same with its times by the calendar, if that differs.")
    confidence: float = Field(description="The estimated probability that the citations answer.")
    citations: list[Citation]
    nearest: list[Hit] = Field(description="Of a refusal: the passages closest to the question.")
    hits: list[Hit] = Field(description="The passages that were read.")
    standalone: str = Field(description="The question as it was understood.")
    asked_on: str | None
    settings_id: str
    generation: int = Field(description="The state of the archive that answered.")
    timings: dict[str, float] = Field(description="Seconds by stage.")
    generator: str = Field(description="The language model that wrote the text, if one did.")
    statements: list[Statement]
    used: int = Field(description="How many of the hits that model was given to read.")
    fallback: BothLanguages | None = Field(
        description="Why the answer is not the language model's, where one was asked."
    )


class Problem(_Reply):
    """What went wrong, and what to do."""

    error: BothLanguages


# OpenAI's format


class Part(_Lenient):
    """A part of a message; only text is read."""

    type: Text
    text: Text = ""


class GivenAnnotation(_Lenient):
    """A citation of an earlier message, as this interface gave it; other ones are left out."""

    type: Text = ""
    url_citation: dict[str, Any] = {}


class ChatMessage(_Lenient):
    """A message of the dialogue. What a system or developer message says is not followed."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[Part] | None = None
    annotations: list[GivenAnnotation] | None = None


class ChatRequest(_Lenient):
    """The dialogue: its last message is the question, the ones before are the conversation.

    What steers a language model (temperature, max_tokens, seed, tools, ...) is taken and not used.
    """

    model: Text = Field(examples=["wenbao"])
    messages: list[ChatMessage] = Field(min_length=1, max_length=2 * MAX_TURNS + 1)
    stream: bool | None = False
    n: int | None = Field(default=1, description="There is one answer: only 1.")
    response_format: dict[str, Any] | None = Field(default=None, description="Only {type: text}.")
    filters: AskFilters = Field(
        default=AskFilters(), description="Not in OpenAI's format: see /api/ask."
    )
    asked_on: Day | None = Field(default=None, description="Not in OpenAI's format: see /api/ask.")


class UrlCitation(_Reply):
    """A citation number in the message, and where it leads. Offsets count Unicode characters."""

    start_index: int = Field(description="Where the number, [1], begins in the message.")
    end_index: int
    title: str
    url: str = Field(description="The article's own address, or the page's link to the sentence.")
    number: int
    article_id: str
    quote: str
    start: int = Field(description="Where the quote begins in the article.")
    end: int


class Annotation(_Reply):
    """OpenAI's form of a citation, with fields of our own in it."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class CompletionMessage(_Reply):
    """The answer as a message."""

    role: Literal["assistant"]
    content: str
    refusal: None = Field(description="Always null: a refusal says so in the content.")
    annotations: list[Annotation]


class Choice(_Reply):
    """The one answer."""

    index: Literal[0]
    message: CompletionMessage
    logprobs: None
    finish_reason: Literal["stop"]


class Completion(_Reply):
    """The answer as OpenAI's clients read it; it has no usage, since no tokens are counted."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    wenbao: Answer = Field(description="The whole answer, as from /api/ask.")


class Model(_Reply):
    """What answers here."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(_Reply):
    """The list of models: there is one."""

    object: Literal["list"]
    data: list[Model]


class ChatError(_Reply):
    """An error as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str | None


class ChatProblem(_Reply):
    """What went wrong, and what to do, in Chinese and in English."""

    error: ChatError
