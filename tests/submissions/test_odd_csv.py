"""CSV files as people's programs leave them: read right, or said in words what is in the cell.

Each has an ordinary candidate beside the odd one.
"""

from __future__ import annotations

import codecs
import unicodedata

import pytest

from integrations.spreadsheets import SheetRefused
from integrations.submissions.bulk.columns import NAMES
from integrations.submissions.bulk.sheet import CandidateSheet, read
from tests.submissions.odd_files import ORDINARY, ZOE, csv_text, zoe


def read_csv(content: bytes | str) -> CandidateSheet:
    data = content.encode() if isinstance(content, str) else content
    return read("candidates.csv", data)


def values(content: bytes | str) -> list[dict[str, str]]:
    return [row.values for row in read_csv(content).rows]


ACCENTS = [
    zoe(first_name="Zoé"),
    zoe(first_name="Hélène", last_name="Lefèvre"),
    zoe(first_name="François", last_name="Noël"),
    zoe(first_name="Jérôme", last_name="Benoît"),
    zoe(first_name="Élodie", last_name="Garçon"),
    zoe(first_name="ANDRÉ", last_name="CHÂTEAU"),
]


@pytest.mark.parametrize("person", ACCENTS, ids=lambda one: one["first_name"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "mac_roman", "cp850"],
)
def test_accents_are_right_in_every_encoding(person: dict[str, str], encoding: str) -> None:
    found = read_csv(csv_text(ORDINARY, person).encode(encoding))

    assert [row.values for row in found.rows] == [ORDINARY, person]
    assert all(not row.problems and not row.doubts for row in found.rows)
    # What cannot be known for certain is said, with words to look at.
    guessed = encoding in ("mac_roman", "cp850")
    assert [person["first_name"] in note for note in found.notes] == [True] * guessed


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_without_its_mark(encoding: str) -> None:
    assert values(csv_text(ORDINARY, ZOE).encode(encoding)) == [ORDINARY, ZOE]


def test_a_file_put_together_from_two_encodings_is_read_line_by_line() -> None:
    content = csv_text(ORDINARY, ZOE).encode() + ";".join(ACCENTS[1].values()).encode("cp1252")

    found = read_csv(content)

    assert [row.values for row in found.rows] == [ORDINARY, ZOE, ACCENTS[1]]
    assert found.notes[0].startswith("Some lines of the file are in UTF-8, others in another")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman", "cp850", "cp437"])
@pytest.mark.parametrize(
    "person",
    [
        zoe(first_name="Zoé", last_name="Lefèvre"),
        zoe(first_name="Loïc", last_name="d’Arçon"),
        zoe(first_name="Élodie", last_name="Ünal"),
    ],
    ids=lambda one: one["first_name"],
)
def test_utf_8_that_was_encoded_twice_is_read_back_and_said(
    person: dict[str, str], encoding: str
) -> None:
    doubled = "".join(
        bytes([byte]).decode(encoding, "ignore") or chr(byte)
        for byte in csv_text(ORDINARY, person).encode()
    )

    ordinary, odd = read_csv(doubled).rows

    assert (ordinary.values, odd.values) == (ORDINARY, person)
    assert ordinary.doubts == []
    assert [column for column, _ in odd.doubts] == ["first_name", "last_name"]
    assert f"is read as “{person['first_name']}”" in odd.doubts[0][1]


def test_a_mark_of_utf_8_that_was_encoded_twice_is_no_part_of_the_heading() -> None:
    doubled = csv_text(ORDINARY, ZOE).encode("utf-8-sig").decode("cp1252")

    assert values(doubled) == [ORDINARY, ZOE]


@pytest.mark.parametrize(
    "name",
    [
        "D’Arcy",
        "Ångström",
        "Muñoz",
        "São Paulo",
        "Ørsted",
        "Žižek",
        "Łukasz",
        "Мария",
        "李",
        "Â",
        "Ã",
        "RENÉ",
        "ÂGÉE",
    ],
)
def test_names_that_are_right_stay_as_they_are(name: str) -> None:
    found = read_csv(csv_text(ORDINARY, zoe(last_name=name)))

    assert found.rows[1].values["last_name"] == name
    assert (found.rows[1].doubts, found.notes) == ([], [])


# Headings


@pytest.mark.parametrize(
    "headings",
    [
        "Prénom;Nom;E-mail;Téléphone;Offre;Lettre de motivation;CV",
        "PRENOM;NOM;EMAIL;TELEPHONE;OFFRE;LETTRE;CV",
        "prénom ;nom de famille;Adresse e-mail;N° de téléphone;Poste;LM;Fichier CV",
        "Prénom *;Nom *;Courriel *;Portable;Annonce *;Motivation;CV *",
        "Prénom :;Nom :;Mail :;Tél. :;Référence :;Lettre :;Nom du fichier :",
        "Prénom du candidat;Nom du candidat;Adresse mail;Mobile;Référence de l’offre;Lettre;CV",
        "Prénom(s);Nom (usage);Adresse électronique;Tél. mobile;Intitulé du poste;LM;Pièce jointe",
        "first_name;last_name;email_address;phone_number;job;cover_letter;cv",
        "First name;Last name;E-mail address;Phone number;Job;Cover letter;CV",
        "FirstName;LastName;Email;Phone;JobTitle;CoverLetter;Résumé",
        "Given name;Surname;e-mail;Mobile phone;Position;Letter;Resume",
        "Forename;Family name;EMAIL;Tel;Vacancy;Motivation letter;File name",
        "“Prénom”;« Nom »;E-Mail;GSM;Réf. offre;lettre;cv",
        unicodedata.normalize("NFD", "Prénom;Nom;E-mail;Téléphone;Offre;Lettre;CV"),
        "PrÃ©nom;Nom;E-mail;TÃ©lÃ©phone;Offre;Lettre;CV",
        "Pr\u00adénom;Nom;E\u2011mail;Télé\u200bphone;Offre;Lettre;CV",
    ],
)
def test_headings_are_known_as_people_write_them(headings: str) -> None:
    found = read_csv(csv_text(ORDINARY, ZOE, header=headings.split(";")))

    assert [row.values for row in found.rows] == [ORDINARY, ZOE]
    assert found.notes == []


def test_columns_may_stand_in_any_order_beside_others() -> None:
    content = (
        "Ville;CV;Offre;Nom;Prénom;Courriel\nLyon;nadia.pdf;REF-1;Perrot;Nadia;nadia@mail.example\n"
    )

    found = read_csv(content)

    assert found.rows[0].values == {**ORDINARY, "phone_number": ""}
    assert found.notes == ["The column is not known here, and not sent: “Ville”."]


@pytest.mark.parametrize(
    "above",
    [
        "\n\n",
        ";;;;;;\n",
        "Candidats du salon de Lyon\n",
        "Candidats du salon de Lyon;;;;;;\n\nExporté le 3 mars;;;;;;\n",
        "Nom du salon;Lyon;;;;;\n",
    ],
)
def test_the_headings_need_not_be_in_the_first_row(above: str) -> None:
    found = read_csv(above + csv_text(ORDINARY, ZOE))

    assert [row.values for row in found.rows] == [ORDINARY, ZOE]
    assert len(found.notes) == bool(above.strip("\n;"))
    assert all("what is above them is not sent" in note for note in found.notes)


def test_headings_that_come_again_are_no_candidate() -> None:
    again = csv_text(ZOE)
    found = read_csv(csv_text(ORDINARY) + again)

    assert [row.values for row in found.rows] == [ORDINARY, ZOE]
    assert found.notes == ["This row repeats the names of the columns, and is not sent: 3."]


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(SheetRefused, match="The column Prénom is there twice"):
        read_csv("Prénom;prenom;Nom;Mail;Offre\nA;B;C;d@x.example;J\n")


def test_two_columns_of_one_meaning_are_put_together() -> None:
    content = (
        "Prénom;Nom;E-mail;Courriel;Téléphone;Portable;Offre;Référence;CV\n"
        "Nadia;Perrot;nadia@mail.example;;;+33612345678;;REF-1;nadia.pdf\n"
        "Zoé;Müller;zoe@mail.example;z@x.example;0140000000;+33698765432;Cook;REF-2;zoe.pdf\n"
    )

    ordinary, odd = read_csv(content).rows

    assert (ordinary.values, ordinary.doubts) == (ORDINARY, [])
    assert odd.values["phone_number"] == "+33698765432; 0140000000"
    assert odd.values["job"] == "Cook · REF-2"
    assert odd.doubts == [
        ("email_address", "“z@x.example” in the column “Courriel” is not sent."),
    ]


# What separates


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\r\n" + csv_text(ORDINARY, ZOE),
        "\ufeffsep=;\r\n" + csv_text(ORDINARY, ZOE),
        '"sep=;"\r\n' + csv_text(ORDINARY, ZOE),
        "SEP=;\n" + csv_text(ORDINARY, ZOE),
        "sep=;;;;;;;\r\n" + csv_text(ORDINARY, ZOE),
        "sep=,\r\n" + csv_text(ORDINARY, ZOE, separator=","),
        "sep=\t\r\n" + csv_text(ORDINARY, ZOE, separator="\t"),
        csv_text(ORDINARY, ZOE, separator="\t"),
        csv_text(ORDINARY, ZOE, separator="|"),
        csv_text(ORDINARY, ZOE, separator=","),
        csv_text(ORDINARY, ZOE).replace("\r\n", "\n"),
        csv_text(ORDINARY, ZOE).replace("\r\n", "\r"),
        csv_text(ORDINARY, ZOE).replace("\r\n", ";;;;\r\n"),
        csv_text(ORDINARY, ZOE).rstrip(),
        csv_text(ORDINARY, ZOE) + "\x1a",
        csv_text(ORDINARY, ZOE) + "\r\n\r\n;;;;;;\r\n",
        "\r\n".join(f'"{line}"' for line in csv_text(ORDINARY, ZOE).splitlines()),
        "\r\n".join(
            '"' + line.replace(";", '";"') + '"' for line in csv_text(ORDINARY, ZOE).splitlines()
        ),
    ],
)
def test_cells_are_found_however_they_are_separated(content: str) -> None:
    found = read_csv(content)

    assert [row.values for row in found.rows] == [ORDINARY, ZOE]
    assert found.notes == []


# Cells


@pytest.mark.parametrize(
    ("column", "written", "meant"),
    [
        ("first_name", '"Marie\nClaire"', "Marie Claire"),
        ("first_name", '"Marie\r\n"', "Marie"),
        ("first_name", "Zoé_x000D_", "Zoé"),
        ("first_name", "\u00a0Zoé ", "Zoé"),
        ("first_name", "Zoe\u0301", "Zoé"),
        ("last_name", 'Du "Petit" Bois', 'Du "Petit" Bois'),
        ("last_name", '"Du ""Petit"" Bois"', 'Du "Petit" Bois'),
        ("last_name", '"Martin; Durand"', "Martin; Durand"),
        ("last_name", '="Martin"', "Martin"),
        ("phone_number", '="0612345678"', "0612345678"),
        ("phone_number", "'0612345678", "0612345678"),
        ("phone_number", "’0612345678", "0612345678"),
        ("phone_number", "'+33612345678", "+33612345678"),
        ("phone_number", "612345678.0", "612345678"),
        ("phone_number", "33612345678,0", "33612345678"),
        ("phone_number", "6.12345678E+08", "612345678"),
        ("phone_number", "3,3612345678E+10", "33612345678"),
        ("phone_number", '"0612345678\n0798765432"', "0612345678; 0798765432"),
        ("job", "2041.0", "2041"),
        ("job", "00123", "00123"),
        ("cover_letter", '"Bonjour,\nje postule."', "Bonjour,\nje postule."),
        ("cover_letter", "=A1", "=A1"),
        ("cv", " zoe.pdf ", "zoe.pdf"),
    ],
)
def test_a_cell_is_read_as_it_was_meant(column: str, written: str, meant: str) -> None:
    ordinary, odd = read_csv(csv_text(ORDINARY, zoe(**{column: written}))).rows

    assert ordinary.values == ORDINARY
    assert odd.values == zoe(**{column: meant})
    assert (odd.problems, odd.doubts) == ([], [])


@pytest.mark.parametrize(
    ("column", "written", "meant", "words"),
    [
        ("first_name", "Zo&eacute;", "Zoé", "was written for a web page, and is read as “Zoé”"),
        ("last_name", "M&#252;ller", "Müller", "is read as “Müller”"),
        ("job", "R&amp;D", "R&D", "is read as “R&D”"),
        ("first_name", "ZoÃ©", "Zoé", "was encoded twice by a program before"),
        ("first_name", "ZoÃƒÂ©", "Zoé", "is read as “Zoé”"),
        ("first_name", "H?lène", "H?lène", "Is the question mark in “H?lène” a letter"),
        ("first_name", "Zo?", "Zo?", "a letter that was lost?"),
    ],
)
def test_what_was_mended_or_is_doubtful_is_said(
    column: str, written: str, meant: str, words: str
) -> None:
    ordinary, odd = read_csv(csv_text(ORDINARY, zoe(**{column: f'"{written}"'}))).rows

    assert (ordinary.values, ordinary.doubts) == (ORDINARY, [])
    assert odd.values == zoe(**{column: meant})
    assert [(name, words in said) for name, said in odd.doubts] == [(column, True)]


@pytest.mark.parametrize(
    ("column", "written", "words"),
    [
        *[
            ("last_name", value, "its formula has failed")
            for value in (
                *("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"),
                *("#NOM?", "#VALEUR!", "#NOMBRE!", "#NUL!", "#CALC!", "#ND", "Err:502", "########"),
            )
        ],
        ("first_name", "=VLOOKUP(A1,B:C,2)", "a formula in place of its result"),
        ("email_address", '=HYPERLINK("x")', "a formula in place of its result"),
        ("first_name", "Zo\ufffd", "A character of “Zo\ufffd” was lost before"),
        ("cv", "zo\ufffd.pdf", "was lost before the file came here"),
    ],
)
def test_what_cannot_be_known_is_an_error_in_words(column: str, written: str, words: str) -> None:
    quoted = '"' + written.replace('"', '""') + '"'
    ordinary, odd = read_csv(csv_text(ORDINARY, zoe(**{column: quoted}))).rows

    assert (ordinary.values, ordinary.problems) == (ORDINARY, [])
    assert [(name, words in said) for name, said in odd.problems] == [(column, True)]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("3.361E+10", "has shortened the number"),
        ("6,12E+08", "has shortened the number"),
        ("3,36E10", "has shortened the number"),
        ("#N/A", "its formula has failed"),
        ("=VLOOKUP(A1,B:C,2)", "a formula in place of its result"),
    ],
)
def test_a_phone_that_cannot_be_known_is_left_out_and_said(written: str, words: str) -> None:
    ordinary, odd = read_csv(csv_text(ORDINARY, zoe(phone_number=f'"{written}"'))).rows

    assert (ordinary.values, ordinary.problems) == (ORDINARY, [])
    assert (odd.values["phone_number"], odd.problems) == ("", [])
    assert [(name, words in said) for name, said in odd.doubts] == [("phone_number", True)]


def test_a_separator_inside_of_a_text_is_not_sent_as_the_next_cell() -> None:
    content = csv_text(ORDINARY, zoe(cover_letter="Bonjour; je postule"), header=[*NAMES, "", ""])

    ordinary, odd = read_csv(content).rows

    assert ordinary.problems == []
    assert "more cells than the header" in odd.problems[0][1]


def test_a_column_without_a_heading_is_named() -> None:
    content = "id;;" + csv_text().strip() + "\n1;x;" + ";".join(ORDINARY.values()) + "\n"

    found = read_csv(content)

    assert found.rows[0].values == ORDINARY
    assert "This column has no name in the row of headings, and is not sent: B." in found.notes


# Other files


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an older Excel file (.xls)"),
        (b"\x09\x08\x10\x00", "not a text file"),
        (b"\x09\x04\x06\x00" + bytes(20), "an older Excel file (.xls)"),
        (b"<html><table><tr><td>first_name</td></tr></table>", "This is a web page"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>", "This is a web page"),
        (b"<table border=1><tr>", "This is a web page"),
        ("<html>".encode("utf-16"), "This is a web page"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "This is a web page"),
        (
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
            b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "an Excel file of 2003 in XML",
        ),
        (b'<?xml version="1.0"?><rows/>', "must be a CSV or an XLSX"),
        (b"{\\rtf1\\ansi", "must be a CSV or an XLSX"),
        (b"%PDF-1.4", "must be a CSV or an XLSX"),
        (b"Rar!\x1a\x07\x00", "must be a CSV or an XLSX"),
        (b"\x1f\x8b\x08\x00", "must be a CSV or an XLSX"),
        (b"\x89PNG\r\n\x1a\n", "must be a CSV or an XLSX"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8\x00\xd8", "characters cannot be read"),
        (b"first_name;last_name\x00;email_address;job\nA;B;c;d\n", "not a text file"),
        (b"\x00\x01\x02\x03" * 40, "not a text file"),
    ],
)
def test_what_is_no_sheet_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        read("candidates.csv", content)
    assert words in str(refused.value)
