"""Referentials. `docs/flatchr-api.md` §25, §C: the recorded ids and labels, the rest invented."""

from __future__ import annotations

Labels = dict[int, str]

CONTRACTS: Labels = {
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

ACTIVITIES: Labels = {
    8: "Agroalimentaire",
    13: "Bâtiment",
    23: "Industrie",
    25: "Internet",
    35: "Santé",
}

EDUCATION_LEVELS: Labels = {
    1: "Sans diplôme",
    2: "CAP / BEP",
    3: "Bac",
    4: "Bac +2",
    5: "Bac +3",
    6: "Bac +5",
}

CHANNELS: Labels = {
    2: "Commerce / Vente",
    3: "Comptabilité / Finance",
    5: "Informatique",
    7: "Production / Maintenance",
    10: "Santé / Social",
}

METIERS: dict[int, Labels] = {
    2: {49: "Commercial conseil", 54: "Chargé d'affaire / technico commercial"},
    3: {14: "Comptable", 15: "Contrôleur de gestion"},
    5: {122: "Développeur", 123: "Administrateur système"},
    7: {135: "Technicien de maintenance", 136: "Conducteur de ligne"},
    10: {140: "Infirmier", 141: "Aide-soignant"},
}

ALL_METIERS: Labels = {key: text for family in METIERS.values() for key, text in family.items()}

LABELLED: tuple[tuple[str, Labels], ...] = (
    ("contract_type", CONTRACTS),
    ("education_level", EDUCATION_LEVELS),
    ("activity", ACTIVITIES),
    ("channel", CHANNELS),
    ("metier", ALL_METIERS),
)
"""The label fields of a vacancy, each beside its `_id` field."""


def listed(labels: Labels) -> list[dict[str, object]]:
    """The guessed shape of a referential: `[{"id": 1, "text": "CDI"}]`."""
    return [{"id": key, "text": text} for key, text in labels.items()]
