"""What an address may ask of a list: its own filters, a bounded search, an order it offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse, reverse_lazy

from integrations.admin.base.admin import DashboardAdmin
from integrations.admin.registry import site
from integrations.models.conditions import MOST_WORDS
from tests.admin.conftest import Data

LogIn = Callable[[User], Client]
# Takes Python's regular expressions, and with them SQLite, longer than anybody waits.
ENDLESS = "^((.+)+)+!$"
VALUES = reverse_lazy("admin:integrations_valuedecision_changelist")
LOOKUPS = (
    "{field}__regex",
    "{field}__iregex",
    "{field}__startswith",
    "{field}__contains",
    "{field}",
    "{field}__isnull",
    "pk__in",
    "id__exact",
    "integration__credentials__api_key__startswith",
    "user__password__startswith",
    "nonsense",
)


def _address(admin: ModelAdmin[Any]) -> str:
    meta = admin.opts
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


LISTS = {_address(admin): admin for admin in site._registry.values()}


def test_every_list_is_one_of_ours() -> None:
    assert all(isinstance(admin, DashboardAdmin) for admin in LISTS.values())


def test_no_list_takes_a_lookup_of_a_field(admin: User, logged_in: LogIn, data: Data) -> None:
    """Whatever it compares with, the answer is the same, at once."""
    client = logged_in(admin)
    for address, model_admin in LISTS.items():
        own = model_admin.own_parameters()
        columns = [field.attname for field in model_admin.opts.concrete_fields]
        names = {form.format(field=field) for form in LOOKUPS for field in columns} - own
        assert not [name for name in names if model_admin.lookup_allowed(name, "x")]
        if address == VALUES:  # a page of ours, which reads no filter
            assert client.get(address, dict.fromkeys(names, ENDLESS)).status_code == 200
            continue
        for value in (ENDLESS, "pbkdf2"):
            assert client.get(address, dict.fromkeys(names, value))["Location"] == f"{address}?"


def test_what_is_left_out_is_said_and_the_rest_is_kept(
    admin: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(admin)
    address = reverse("admin:integrations_candidate_changelist")

    answer = client.get(address, {"q": "Nadia", "last_name__regex": ENDLESS}, follow=True)

    assert answer.redirect_chain == [(f"{address}?q=Nadia", 302)]
    assert "no such filter, so it was left out: last_name__regex." in answer.content.decode()
    assert client.get(reverse("admin:integrations_candidate_export"), {"id__in": "1"})[
        "Location"
    ].endswith("/export/?")


def test_the_filters_of_links_are_the_lists_own(admin: User, logged_in: LogIn, data: Data) -> None:
    client = logged_in(admin)
    jobs = reverse("admin:integrations_job_changelist")
    for query in ({"employment_type": "x"}, {"location__country": "FR"}, {"utm": "\0"}):
        assert client.get(jobs, query, follow=True).status_code == 200
    assert client.get(jobs, {"employment_type": "x"}).status_code == 200


def test_an_export_of_the_trail_takes_none_either(
    admin: User, logged_in: LogIn, data: Data
) -> None:
    address = reverse("admin:integrations_auditentry_export")
    refused = logged_in(admin).post(f"{address}?who__regex={ENDLESS}")
    assert refused.status_code == 400


@pytest.mark.every_database
def test_a_search_and_an_order_of_any_length_are_answered(
    admin: User, logged_in: LogIn, data: Data
) -> None:
    client = logged_in(admin)
    many = " ".join(f"w{number}" for number in range(1_500))
    orders = (".".join(["1"] * 3_000), ".".join(f"-{number}" for number in range(3_000)))
    for address in LISTS:
        for query in (
            {"q": many, "o": orders[0]},
            {"q": '"' * 199 + " x" * 50, "o": orders[1]},
            {"q": "x\0y", "o": "9" * 5_000, "p": "9" * 5_000},
        ):
            answer = client.get(address, query, follow=True)
            assert answer.status_code == 200, (address, query)
            if query["q"] == many and address != VALUES:
                assert "That is a long search" in answer.content.decode(), address


def test_words_past_the_last_are_not_looked_for(admin: User, logged_in: LogIn, data: Data) -> None:
    """A list of users, which Django searches, and one of records, which we do."""
    client = logged_in(admin)
    for address, word in (
        (reverse("admin:auth_user_changelist"), admin.username),
        (reverse("admin:integrations_job_changelist"), data.jobs[0].name.split()[0]),
    ):
        quoted = f'"{word}"'
        found = client.get(address, {"q": " ".join([quoted] * MOST_WORDS + ["nothing"])})
        assert found.context["cl"].result_count > 0, address
        nothing = client.get(address, {"q": " ".join([quoted] * 2 + ["nothing"])})
        assert nothing.context["cl"].result_count == 0, address


def test_a_list_is_sorted_by_what_it_offers_only(admin: User, logged_in: LogIn, data: Data) -> None:
    """The list of users offers two of its columns; `o` counts all of them."""
    address = reverse("admin:auth_user_changelist")
    client = logged_in(admin)
    orders = {
        number: client.get(address, {"o": number}).context["cl"].queryset.query.order_by[0]
        for number in ("-0", "-5", "2", "5.5.5")
    }
    # The third is the e-mail, which it does not offer.
    assert orders == {
        "-0": "-username",
        "-5": "-last_login",
        "2": "username",
        "5.5.5": "last_login",
    }
