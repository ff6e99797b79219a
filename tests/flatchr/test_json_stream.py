from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flatchr.errors import ErrorKind, FlatchrError
from integrations.flatchr.json_stream import Unreadable, elements, whole

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
spaces = st.text(" \t\r\n", max_size=3)


def read(body: bytes, size: int = 7, **options: int) -> list[tuple[Any, str]]:
    return list(elements(cut(body, size), **options))


def cut(body: bytes, size: int) -> Iterable[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def kind_of(body: bytes, size: int = 7, **options: int) -> tuple[int, ErrorKind]:
    """How many elements came out before the failure, and its kind."""
    seen: list[Any] = []
    with pytest.raises(FlatchrError) as caught:
        seen.extend(elements(cut(body, size), **options))
    return len(seen), caught.value.kind


@st.composite
def bodies(draw: st.DrawFn) -> tuple[list[Any], bytes]:
    array = draw(st.lists(values, max_size=6))
    escaped = draw(st.booleans())
    texts = [json.dumps(value, ensure_ascii=escaped) for value in array]
    parts = [draw(spaces) + text + draw(spaces) for text in texts]
    body = f"{draw(spaces)}[{draw(spaces)}{','.join(parts)}{draw(spaces)}]{draw(spaces)}"
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return array, mark + body.encode("utf-8", "surrogatepass")


@given(bodies(), st.lists(st.integers(1, 9), min_size=1))
def test_any_array_comes_back_whole_at_any_chunking(
    made: tuple[list[Any], bytes], sizes: list[int]
) -> None:
    array, body = made

    def chunks() -> Iterator[bytes]:
        start, turn = 0, 0
        while start < len(body):
            size = sizes[turn % len(sizes)]
            yield body[start : start + size]
            start, turn = start + size, turn + 1

    read_back = list(elements(chunks()))

    assert [value for value, _ in read_back] == array
    assert [json.loads(text) for _, text in read_back] == array
    source = body.decode("utf-8-sig")
    for _, text in read_back:
        assert text in source
        assert text == text.strip(" \t\r\n")


# Objects that hold what looks like the end of an object before the next, in texts and lists.
rows = st.dictionaries(
    st.sampled_from(["applicant", "email", "},{"]),
    scalars | st.sampled_from(["},{", 'a"},{"b', "\\", 2**70, 1e308]) | st.lists(st.just({})),
)


@given(st.lists(rows, max_size=30), st.booleans(), st.sampled_from([3, 40, 300, 10_000]))
def test_objects_close_to_each_other_come_back_with_their_exact_text(
    array: list[dict[str, Any]], escaped: bool, size: int
) -> None:
    texts = [json.dumps(row, ensure_ascii=escaped, separators=(",", ":")) for row in array]
    texts = [text for text in texts if "Infinity" not in text]
    body = f"[{','.join(texts)}]".encode("utf-8", "surrogatepass")

    read_back = read(body, size)

    assert [text for _, text in read_back] == texts
    assert [value for value, _ in read_back] == [json.loads(text) for text in texts]


def test_a_bad_object_among_many_does_not_stop_those_around_it() -> None:
    good = [b'{"a":%d}' % number for number in range(5)]
    body = b"[" + b",".join([*good, b'{"a":NaN}', *good, b'{"a":"\xff"}', *good]) + b"]"

    read_back = read(body, 10_000)

    assert [text.encode() for _, text in read_back[:5]] == good
    assert [type(value) for value, _ in read_back].count(Unreadable) == 2
    assert [value["a"] for value, _ in read_back if isinstance(value, dict)] == 3 * [0, 1, 2, 3, 4]


@given(bodies(), st.data())
def test_an_array_that_ends_early_never_passes_for_a_whole_one(
    made: tuple[list[Any], bytes], data: st.DataObject
) -> None:
    array, body = made
    end = data.draw(st.integers(0, body.rindex(b"]")))
    seen: list[Any] = []

    with pytest.raises(FlatchrError) as caught:
        seen.extend(elements(cut(body[:end], 5)))

    assert caught.value.kind in {ErrorKind.CUT_SHORT, ErrorKind.NOT_UNDERSTOOD}
    assert len(seen) <= len(array)


@pytest.mark.parametrize("size", range(1, 16))
def test_tokens_survive_a_chunk_boundary_anywhere(size: int) -> None:
    source = [
        '{"salary": -12.5e+3, "ok": true}',
        '"\\ud83d\\ude00 \\u00e9 \\\\ \\" é 😀"',
        "-0.25",
        "1E5",
        "null",
        "false",
        "[[], {}, [1, 2]]",
    ]
    body = ("[" + " ,\n".join(source) + "]").encode()

    assert [text for _, text in read(body, size)] == source
    assert [value for value, _ in read(body, size)] == [json.loads(text) for text in source]


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"\xef\xbb\xbf\r\n[\n]\n"])
def test_an_empty_array_has_no_elements(body: bytes) -> None:
    for size in (1, 2, 100):
        assert read(body, size) == []


def test_empty_chunks_do_not_matter() -> None:
    assert [value for value, _ in elements([b"", b"[1", b"", b"2,", b"", b"3]", b""])] == [12, 3]


def test_what_the_reader_has_to_decide_is_yielded_as_it_is() -> None:
    source = ['{"a": 1, "a": 2}', '{"name": "\\ud800 \\u0000"}', "12", '"text"', "[1]", "null"]

    read_back = read(f"[{','.join(source)}]".encode())

    assert [text for _, text in read_back] == source
    assert [value for value, _ in read_back] == [
        {"a": 2},
        {"name": "\ud800 \x00"},
        12,
        "text",
        [1],
        None,
    ]


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_an_element_with_a_constant_that_is_not_json_is_unreadable(name: str) -> None:
    bad = f'{{"score": {name}}}'

    read_back = read(f'[{{"a": 1}}, {bad}, {{"b": 2}}]'.encode(), 3)

    reason = Unreadable(f"holds {name}, which is not JSON")
    assert read_back == [({"a": 1}, '{"a": 1}'), (reason, bad), ({"b": 2}, '{"b": 2}')]


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_an_element_with_bytes_that_are_not_utf8_is_unreadable(size: int) -> None:
    body = b'["\xc3\xa9t\xc3\xa9", "caf\xe9", "\xc3\xa9", "\xef\xbf\xbd"]'

    assert read(body, size) == [
        ("été", '"été"'),
        (Unreadable("holds bytes that are not UTF-8"), '"caf\ufffd"'),
        ("é", '"é"'),
        ("\ufffd", '"\ufffd"'),
    ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ErrorKind.NOT_UNDERSTOOD),
        (b" \n ", ErrorKind.NOT_UNDERSTOOD),
        (b"\xef\xbb\xbf", ErrorKind.NOT_UNDERSTOOD),
        (b"<!DOCTYPE html><html></html>", ErrorKind.NOT_UNDERSTOOD),
        (b'{"items": []}', ErrorKind.NOT_UNDERSTOOD),
        (b'"text"', ErrorKind.NOT_UNDERSTOOD),
        ('[{"a": 1}]'.encode("utf-16"), ErrorKind.NOT_UNDERSTOOD),
        (b"[", ErrorKind.CUT_SHORT),
        (b"[ ", ErrorKind.CUT_SHORT),
        (b"[tru", ErrorKind.CUT_SHORT),
        (b'[{"a": "text', ErrorKind.CUT_SHORT),
        (b'[{"a": "text\\u00', ErrorKind.CUT_SHORT),
        (b'[{"a": "]', ErrorKind.CUT_SHORT),
        (b'[{"a": [1]', ErrorKind.CUT_SHORT),
        (b'[{"a": 1}', ErrorKind.CUT_SHORT),
        (b'["caf\xc3', ErrorKind.CUT_SHORT),
        (b"[oops, and much more text after it]", ErrorKind.NOT_UNDERSTOOD),
        (b"[,]", ErrorKind.NOT_UNDERSTOOD),
        (b'[{"a": 1, "a line\nbreak": 2}, {"b": 3}]', ErrorKind.NOT_UNDERSTOOD),
        (b"[" * 200_000, ErrorKind.NOT_UNDERSTOOD),
        (b"[" + b"9" * 10_000 + b"]", ErrorKind.NOT_UNDERSTOOD),
    ],
)
def test_what_is_no_array_fails_before_any_element(body: bytes, kind: ErrorKind) -> None:
    assert kind_of(body) == (0, kind)
    assert kind_of(body, 100_000) == (0, kind)


@pytest.mark.parametrize(
    ("body", "seen", "kind"),
    [
        (b'[{"a": 1},', 1, ErrorKind.CUT_SHORT),
        (b'[{"a": 1}, {"b": 2', 1, ErrorKind.CUT_SHORT),
        (b"[1,]", 1, ErrorKind.NOT_UNDERSTOOD),
        (b"[1,,2]", 1, ErrorKind.NOT_UNDERSTOOD),
        (b"[1 2]", 0, ErrorKind.NOT_UNDERSTOOD),
        (b"[1}", 0, ErrorKind.NOT_UNDERSTOOD),
        (b"[1][2]", 1, ErrorKind.NOT_UNDERSTOOD),
        (b"[]x", 0, ErrorKind.NOT_UNDERSTOOD),
        (b"[1]    <html>", 1, ErrorKind.NOT_UNDERSTOOD),
    ],
)
def test_elements_before_a_fault_are_still_yielded(body: bytes, seen: int, kind: ErrorKind) -> None:
    for size in (1, 4, 100):
        assert kind_of(body, size) == (seen, kind)


def test_an_element_over_the_cap_is_refused_whether_or_not_it_ends() -> None:
    fits, exceeds = b'"' + b"x" * 98 + b'"', b'"' + b"x" * 99 + b'"'

    assert len(read(b"[" + fits + b"]", max_element=100)) == 1
    for size in (1, 30, 1_000):
        assert kind_of(b"[1," + exceeds + b"]", size, max_element=100) == (1, ErrorKind.TOO_LARGE)
        assert kind_of(b'[1,"' + b"x" * 999, size, max_element=100) == (1, ErrorKind.TOO_LARGE)
    assert kind_of(b"[1" + b" " * 999 + b"]", max_element=100) == (0, ErrorKind.TOO_LARGE)


def test_a_huge_element_is_decoded_a_handful_of_times_only() -> None:
    decoded = 0

    def count(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal decoded
        decoded += event == "call" and frame.f_code.co_name == "raw_decode"

    sys.setprofile(count)
    try:
        [(value, text)] = read(b'["' + b"x" * 1_000_000 + b'"]', 1_000)
    finally:
        sys.setprofile(None)

    assert text == f'"{value}"'
    assert len(value) == 1_000_000
    assert decoded < 15


def test_elements_come_out_before_the_body_has_ended() -> None:
    def chunks() -> Iterator[bytes]:
        yield b'[{"a": 1}, {"b"'
        raise ConnectionResetError

    stream = elements(chunks())

    assert next(stream) == ({"a": 1}, '{"a": 1}')
    with pytest.raises(ConnectionResetError):
        next(stream)


@given(values)
def test_a_small_document_comes_back_whole(value: Any) -> None:
    text = json.dumps(value)
    assert whole(b"\xef\xbb\xbf" + text.encode()) == value


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"items": [{"id": "Hd', ErrorKind.CUT_SHORT),
        (b'{"items": [', ErrorKind.CUT_SHORT),
        (b'{"items": [1], "next": tru', ErrorKind.CUT_SHORT),
        (b"<html>a page that goes on for a while</html>", ErrorKind.NOT_UNDERSTOOD),
        (b'{"score": NaN}', ErrorKind.NOT_UNDERSTOOD),
        (b'{"name": "caf\xe9"}', ErrorKind.NOT_UNDERSTOOD),
        (b"[1] [2]", ErrorKind.NOT_UNDERSTOOD),
        (b"[" * 200_000, ErrorKind.NOT_UNDERSTOOD),
        (b"9" * 10_000, ErrorKind.NOT_UNDERSTOOD),
    ],
)
def test_a_small_document_that_is_none_fails(body: bytes, kind: ErrorKind) -> None:
    with pytest.raises(FlatchrError) as caught:
        whole(body)
    assert caught.value.kind is kind
