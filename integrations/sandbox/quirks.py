"""The strange applicants that every real base holds, at fixed places in each block of 1,000.

`{n}` stands for the person's number: addresses stay different from person to person, and the
number in an address leads back to its row.
"""

from __future__ import annotations

import json

LONG_NAME = "Marie-Antoinette-Philippine " + "de La Tour-Vauclair " * 11

ODDITIES: tuple[dict[str, str | None], ...] = (
    {"firstname": "Jean-François", "lastname": "d'Aubigné-Cœur"},
    {"email": None},
    {"phone": None},
    {"firstname": "محمد", "lastname": "الورداني"},
    {"email": ""},
    {"phone": ""},
    {"firstname": "雷", "lastname": "李安云"},
    {"email": "pas-une-adresse-{n}"},
    {"phone": "n/a"},
    {"firstname": "Αθηνά", "lastname": "Παραμυθίου"},
    {"email": "GRANDES.LETTRES.{n}@EXAMPLE.ORG"},
    {"phone": "+44 7700 900123"},
    {"firstname": '=HYPERLINK("https://tableur.example")', "lastname": "+Formule"},
    {"email": "  espaces.autour.{n}@example.org "},
    {"phone": "+1 202 555 0143"},
    {"firstname": LONG_NAME.strip(), "lastname": "L'" + "Interminable" * 15},
    {"email": "deux@@example{n}.example"},
    {"phone": "06 39 98"},
    {"firstname": " Maëlle ", "lastname": "Dupréval  "},
    {"email": "accentué.{n}@exämple.example"},
    {"phone": "06 39 98 12 34 (après 18 h)"},
    {"firstname": "", "lastname": "Sansprénom"},
    {"email": "sans.domaine.{n}@"},
    {"phone": "0000000000"},
    {"firstname": "E\u0301lodie", "lastname": "Mu\u0308llerin"},
    {"email": None, "phone": None},
    {"phone": "Tél. : 01.99.00.45.67 / 06 39 98 45 67"},
    {"firstname": "Jose\u0301ﬁne", "lastname": "Œuvrard"},
    {"firstname": 'Léa "Lulu"', "lastname": "Contre\\Oblique"},
    {"firstname": "<b>Gras</b>", "lastname": "<script>alert(1)</script>"},
    {"firstname": "Zoé 🌻", "lastname": "O’Brenn"},
    {"firstname": "Paul\nLouis", "lastname": "Tabu\tlaire"},
    {"firstname": "Вера", "lastname": "Сказкина"},
    {"firstname": "@mention", "lastname": "-Tiret"},
    {"source": ""},
    {"source": None},
    {"external_id": "EXT-{n}"},
)

FIRST_PLACE, STEP = 21, 3


def fragment(value: object) -> str:
    """A value as JSON text, in UTF-8 as Flatchr sends it."""
    return json.dumps(value, ensure_ascii=False)


def places(taken: set[int]) -> dict[int, dict[str, str]]:
    """Where each oddity stands in a block: every few places, stepping over those `taken`."""
    found: dict[int, dict[str, str]] = {}
    place = FIRST_PLACE
    for oddity in ODDITIES:
        while place in taken:
            place += 1
        found[place] = {field: fragment(value) for field, value in oddity.items()}
        place += STEP
    return found
