"""The table of documented endpoints, held against the sandbox, which has all of them."""

from __future__ import annotations

import re

import pytest

from integrations.models import PASSTHROUGH_METHODS
from integrations.passthrough.endpoints import BY_KEY, ENDPOINTS, Endpoint
from integrations.passthrough.request import (
    FormFile,
    InvalidPassthrough,
    PassthroughRequest,
    check_request,
    is_read,
    with_key,
)
from integrations.sandbox.routing import ROUTES

# Undocumented, or of no use here: hooks, signing in as a user, the sandbox's own.
LEFT_OUT = re.compile(r"/hook|/user/login|/_sandbox")


def shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_the_table_has_every_section_of_the_documentation() -> None:
    assert {endpoint.section for endpoint in ENDPOINTS} == set(range(1, 26))
    assert len(BY_KEY) == len(ENDPOINTS)


def test_the_table_has_every_route_of_the_sandbox_and_no_other() -> None:
    routes = {(r.method, shape(r.template)) for r in ROUTES if not LEFT_OUT.search(r.template)}

    assert {(one.method, shape(one.path)) for one in ENDPOINTS} == routes


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.key)
def test_a_template_that_is_filled_can_be_sent(endpoint: Endpoint) -> None:
    file = (endpoint.file, FormFile("a.pdf", "application/pdf", b"%PDF")) if endpoint.file else None
    form: tuple[tuple[str, str | FormFile], ...] = tuple(endpoint.form.items())
    call = check_request(
        PassthroughRequest(
            host=endpoint.host,
            method=endpoint.method,
            path=re.sub(r"\{\w+\}", "a1", endpoint.path),
            params=endpoint.params,
            data=endpoint.body,
            form=(*form, file) if file else form,
        )
    )

    assert call.method in PASSTHROUGH_METHODS
    assert endpoint.does.endswith(".")
    assert call.takes_key == (endpoint.key in ("create-candidate", "test-candidate"))
    if call.takes_key:
        assert b'"token":"k"' in with_key(call, "k")
    reads = {one.key for one in ENDPOINTS if one.method == "GET"} | {"search-applicants"}
    assert call.changes_nothing == (endpoint.key in reads)


@pytest.mark.parametrize(
    ("host", "method", "path", "reads"),
    [
        ("api", "GET", "/anything", True),
        ("api", "POST", "/company/a1/search/applicants", True),
        ("api", "POST", "company/a1/search/applicants?x=1", True),
        ("careers", "POST", "/company/a1/search/applicants", False),
        ("api", "PUT", "/company/a1/search/applicants", False),
        ("api", "POST", "/company/a1/search/applicants/", False),
        ("api", "POST", "/company/a1/search/candidate", False),
        ("api", "POST", "//company/a1/search/applicants", False),
        ("api", "POST", "/company/a1%2Fsearch%2Fapplicants", False),
        ("api", "POST", "/company/../search/applicants", False),
    ],
)
def test_what_only_reads_is_known_by_its_whole_path(
    host: str, method: str, path: str, reads: bool
) -> None:
    assert is_read(host, method, path) == reads  # type: ignore[arg-type]


def test_a_form_and_data_at_once_or_a_content_type_for_a_form_are_refused() -> None:
    form = (("a", "b"),)
    with pytest.raises(InvalidPassthrough, match="not both"):
        check_request(PassthroughRequest("api", "POST", "/x", data={"a": 1}, form=form))
    with pytest.raises(InvalidPassthrough, match="content type"):
        check_request(
            PassthroughRequest("api", "POST", "/x", headers={"content-type": "a/b"}, form=form)
        )
    with pytest.raises(InvalidPassthrough, match="TRACE"):
        check_request(PassthroughRequest("api", "TRACE", "/x"))
