"""What people call the columns of a sheet, in English and French."""

from __future__ import annotations

import re
import unicodedata

# As `normal` leaves them: no accents, spaces, apostrophes or hyphens. Of several columns with one
# meaning, the one named here first comes first: mobile phones, and titles before references.
MEANINGS: dict[str, str] = {
    "first_name": "firstname first givenname forename prenom prenoms prenomcandidat "
    "prenomducandidat prenomdelacandidate prenomusuel candidatefirstname",
    "last_name": "lastname last surname familyname name nom noms nomdefamille nomcandidat "
    "nomducandidat nomusuel nomdusage candidatelastname",
    "email_address": "emailaddress email emails mail mails mailaddress courriel mel adressemail "
    "adresseemail adressemel adressecourriel adresseelectronique adressedecourriel "
    "courrierelectronique adressedemessagerie candidateemail emailcandidat emailducandidat "
    "mailcandidat mailducandidat emailpersonnel mailpersonnel",
    "phone_number": "phonenumber mobilephone mobilenumber mobilephonenumber mobile portable "
    "telephoneportable telephonemobile telportable telmobile numerodeportable numerodemobile "
    "nportable gsm cell cellphone phone phonenumbers telephone telephones tel telephonenumber tele "
    "numerodetelephone numerotelephone numtelephone numtel ndetelephone nodetelephone ntelephone "
    "ntel nodetel ndetel candidatephone telephonecandidat telephoneducandidat telephonefixe fixe "
    "telfixe landline",
    "job": "job joboffer position positions vacancy opening role offer offre offredemploi "
    "offreemploi offredeposte poste posteapourvoir postevise annonce annonces jobtitle titre "
    "title titreduposte titredeloffre titredelannonce intitule intituleduposte intitulepost "
    "intituledeposte intituledeloffre intituledelannonce nomduposte nomdeloffre reference ref "
    "jobreference jobref referencejob referenceoffre referencedeloffre referenceposte "
    "referenceduposte referenceannonce referencedelannonce refoffre refdeloffre refposte "
    "refduposte refannonce refdelannonce jobid idoffre iddeloffre idannonce iddelannonce",
    "cover_letter": "coverletter letter letterofmotivation motivationletter motivation "
    "motivations lettre lettredemotivation lettremotivation lm",
    "cv": "cv cvs cvfile cvfilename cvname resume resumefile curriculumvitae file filename fichier "
    "fichiers fichiercv fichierducv fichierdecv nomdufichier nomdefichier nomfichier nomfichiercv "
    "nomdufichiercv nomdufichierducv nomducv piecejointe attachment",
}
# What a result file adds.
OF_RESULTS: dict[str, str] = {
    "row": "row ligne",
    "state": "state etat",
    "message": "message",
    "application_id": "applicationid identifiantdelacandidature",
    "submission_id": "submissionid identifiantdelenvoi",
}

_MEANT = {word: name for name, words in (MEANINGS | OF_RESULTS).items() for word in words.split()}
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_BETWEEN = re.compile(r"[\W_]+")


def meaning(heading: str) -> str:
    """The column that a heading means, or else nothing: ` E-mail  Address * ` is `email_address`.

    Accents, capitals, punctuation and what stands in brackets do not count.
    """
    word = normal(heading)
    return _MEANT.get(word) or _MEANT.get(normal(_IN_BRACKETS.sub("", heading)), "")


def normal(heading: str) -> str:
    """A heading as it is compared."""
    letters = unicodedata.normalize("NFKD", heading.replace("°", "").casefold())
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    return _BETWEEN.sub("", plain)


def rank(heading: str) -> int:
    """Where a heading comes among those of its meaning."""
    words = MEANINGS[meaning(heading)].split()
    plain = normal(heading)
    return words.index(plain) if plain in words else len(words)
