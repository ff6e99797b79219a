"""Constant tables for seeded records: names, titles, places, odd applicants, referentials.

Names are invented: no real person or company is meant. Of the referentials the ids and labels that
`docs/flatchr-api.md` §25 and §C record are real, the rest invented.
"""

from __future__ import annotations

import re
import unicodedata

_FIRST_NAMES = (
    "Nadia Basile Anaïs Benoît Camille Cédric Chloé Clément Corinne Damien Élodie Émile Fabien "
    "Fatou Florian Françoise Gaël Gaëlle Hélène Hugo Inès Ismaël Jean-Marc Joël Joëlle Karim Léa "
    "Loïc Lucie Ludovic Maëlys Malik Manon Marie-Claire Mathéo Maxime Mehdi Mélanie Nathan Noémie "
    "Océane Olivier Ophélie Pauline Quentin Raphaël Rémi Romane Sabrina Samir Sandrine Solène "
    "Stéphane Sylvain Thibault Ursule Valérie Victor Xavier Yasmine Yohann Zélie"
)

_LAST_NAMES = (
    "Perrot Orval Brune Lambrel Ferrandou Castelnoir Delorge Marchenoir Vauclair Sablonnet "
    "Grandval Petitbois Rochebrune Lavergnat Montclarin Fauvelle Dubreuillon Chastellin Aubrac-Noé "
    "D'Arvenne L'Hermitier Bellecombe Tourvieille Grisolet Valdenaire Hautecloque Bois-Robin "
    "Corvelier Ménardin Prévalais Lefèbvrin Guérandel Noëllet Barthélemois Kervadec Le-Guennic "
    "Traoréval Benhamidou N'Diayet Haddadin Oulmière Sorelli Rossinol Almeidas Garciot Müllerin "
    "Schœnfeld Wazinski Nguyenot Tran-Lévy"
)

FIRST_NAMES, LAST_NAMES = _FIRST_NAMES.split(), _LAST_NAMES.split()

MAIL_DOMAINS = ("example.org", "example.com", "courriel.example", "postale.example")

SOURCES = ("Site carrière", "Indeed", "Cooptation", "LinkedIn", "HelloWork", "Candidature", "Apec")

JOB_TITLES = (
    "Comptable H/F",
    "Assistant RH H/F",
    "Développeuse / Développeur Python (F/H)",
    "Chargé d'affaires industrie H/F",
    "Infirmier de nuit H/F",
    "Conducteur de ligne H/F",
    "Cheffe de projet « transition » F/H",
    "Boulanger pâtissier H/F",
    "Technicien de maintenance H/F",
    "Juriste droit social H/F",
    "Préparateur de commandes H/F",
    "Responsable qualité & sécurité H/F",
    "Œnologue H/F",
    "Data engineer H/F",
    "Commercial sédentaire H/F",
    "Aide-soignant(e)",
)

PLACES: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("Lyon", "69002", "Auvergne-Rhône-Alpes", "Rhône", "45.75780000000", "4.83200000000"),
    ("Paris", "75011", "Île-de-France", "Paris", "48.85900000000", "2.37800000000"),
    ("Saint-Étienne", "42000", "Auvergne-Rhône-Alpes", "Loire", "45.43390000000", "4.39000000000"),
    ("Bourg-en-Bresse", "01000", "Auvergne-Rhône-Alpes", "Ain", "46.20520000000", "5.22550000000"),
    ("Nantes", "44000", "Pays de la Loire", "Loire-Atlantique", "47.21840000000", "-1.5536000000"),
    ("Lille", "59000", "Hauts-de-France", "Nord", "50.62920000000", "3.05730000000"),
    ("L'Haÿ-les-Roses", "94240", "Île-de-France", "Val-de-Marne", "48.77900000000", "2.3370000000"),
    ("Ajaccio", "20000", "Corse", "Corse-du-Sud", "41.91920000000", "8.73860000000"),
)

COMPANY_NAMES = ("Maison Orval", "Atelier Brune", "Verger Lambrel", "Fonderie Castelnoir")

LONG_NAME = "Marie-Antoinette-Philippine " + "de La Tour-Vauclair " * 11

ODD_APPLICANTS: tuple[dict[str, str | None], ...] = (
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
"""Applicants with odd values, as every real base holds them. `{n}` becomes the person's number, so
that addresses differ from person to person and lead back to their rows."""

Referential = dict[int, str]

CONTRACTS: Referential = {
    1: "CDI",
    2: "CDD",
    3: "Intérim",
    4: "Stage",
    6: "Alternance",
    7: "Freelance",
    8: "Saisonnier",
    9: "VIE",
}
UNLABELLED_CONTRACT = 5
"""Used by a vacancy and absent from the list, as contract 5 is in the documentation."""

ACTIVITIES: Referential = {
    8: "Agroalimentaire",
    13: "Bâtiment",
    23: "Industrie",
    25: "Internet",
    35: "Santé",
}

EDUCATION_LEVELS: Referential = {
    1: "Sans diplôme",
    2: "CAP / BEP",
    3: "Bac",
    4: "Bac +2",
    5: "Bac +3",
    6: "Bac +5",
}

CHANNELS: Referential = {
    2: "Commerce / Vente",
    3: "Comptabilité / Finance",
    5: "Informatique",
    7: "Production / Maintenance",
    10: "Santé / Social",
}

METIERS: dict[int, Referential] = {
    2: {49: "Commercial conseil", 54: "Chargé d'affaire / technico commercial"},
    3: {14: "Comptable", 15: "Contrôleur de gestion"},
    5: {122: "Développeur", 123: "Administrateur système"},
    7: {135: "Technicien de maintenance", 136: "Conducteur de ligne"},
    10: {140: "Infirmier", 141: "Aide-soignant"},
}

ALL_METIERS: Referential = {
    key: text for family in METIERS.values() for key, text in family.items()
}

LABELLED: tuple[tuple[str, Referential], ...] = (
    ("contract_type", CONTRACTS),
    ("education_level", EDUCATION_LEVELS),
    ("activity", ACTIVITIES),
    ("channel", CHANNELS),
    ("metier", ALL_METIERS),
)
"""The label fields of a vacancy, each beside its `_id` field."""


def slugify(text: str) -> str:
    """Plain lower-case ASCII words joined by hyphens."""
    ascii_text = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    words = re.findall(r"[a-z0-9]+", ascii_text.encode("ascii", "ignore").decode().lower())
    return "-".join(words) or "x"


def phone_table() -> list[str | None]:
    """4,000 phone numbers in the ways people write them, all in ranges kept for fiction."""
    layouts = (
        "06 39 98 {a} {b}",
        "+33 6 39 98 {a} {b}",
        "+3363998{a}{b}",
        "063998{a}{b}",
        "0033 6 39 98 {a} {b}",
        "06.39.98.{a}.{b}",
        "01 99 00 {a} {b}",
        "+33 (0)1 99 00 {a} {b}",
    )
    numbers: list[str | None] = []
    for index in range(4000):
        a, b = f"{index // 100:02d}", f"{index % 100:02d}"
        numbers.append(layouts[index * 7 % len(layouts)].format(a=a, b=b))
    return numbers


def listed(labels: Referential) -> list[dict[str, object]]:
    """A referential in its assumed shape: `[{"id": 1, "text": "CDI"}]`."""
    return [{"id": key, "text": text} for key, text in labels.items()]
