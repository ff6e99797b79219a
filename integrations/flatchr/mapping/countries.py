"""Country names in French and English, and their ISO 3166-1 alpha-2 codes.

Names are those of the Unicode CLDR (Unicode License v3), followed by other names in use. A table
and not a library: it is read once, and the libraries that carry it weigh some ten megabytes.
"""

from __future__ import annotations

# One country a line: its code, its French name, its English name, which only a line without others
# may leave out where both are the same, and others.
# A code with many names has several lines.
COUNTRY_NAMES = """\
AD|Andorre|Andorra
AE|Émirats arabes unis|United Arab Emirates|EAU|UAE
AF|Afghanistan
AG|Antigua-et-Barbuda|Antigua & Barbuda
AI|Anguilla
AL|Albanie|Albania
AM|Arménie|Armenia
AO|Angola
AQ|Antarctique|Antarctica
AR|Argentine|Argentina
AS|Samoa américaines|American Samoa
AT|Autriche|Austria
AU|Australie|Australia
AW|Aruba
AX|Îles Åland|Åland Islands
AZ|Azerbaïdjan|Azerbaijan
BA|Bosnie-Herzégovine|Bosnia & Herzegovina|Bosnie|Bosnie-et-Herzégovine|Bosnia
BB|Barbade|Barbados
BD|Bangladesh
BE|Belgique|Belgium
BF|Burkina Faso
BG|Bulgarie|Bulgaria
BH|Bahreïn|Bahrain
BI|Burundi
BJ|Bénin|Benin
BL|Saint-Barthélemy|St. Barthélemy
BM|Bermudes|Bermuda
BN|Brunei|Brunei|Brunei Darussalam
BO|Bolivie|Bolivia|Bolivia (Plurinational State of)
BQ|Pays-Bas caribéens|Caribbean Netherlands
BR|Brésil|Brazil
BS|Bahamas|Bahamas|The Bahamas
BT|Bhoutan|Bhutan
BV|Île Bouvet|Bouvet Island
BW|Botswana
BY|Biélorussie|Belarus|Bélarus
BZ|Belize
CA|Canada
CC|Îles Cocos|Cocos (Keeling) Islands
CD|Congo-Kinshasa|Congo - Kinshasa|République démocratique du Congo|RD Congo|RDC
CD|Democratic Republic of the Congo|DR Congo|DRC
CF|République centrafricaine|Central African Republic|Central African Rep.
CG|Congo-Brazzaville|Congo - Brazzaville|Congo|République du Congo|Republic of the Congo
CH|Suisse|Switzerland
CI|Côte d'Ivoire|Ivory Coast|Republic of Côte d'Ivoire
CK|Îles Cook|Cook Islands
CL|Chili|Chile
CM|Cameroun|Cameroon
CN|Chine|China|République populaire de Chine|People's Republic of China
CO|Colombie|Colombia
CR|Costa Rica
CU|Cuba
CV|Cap-Vert|Cape Verde|Cabo Verde
CW|Curaçao
CX|Île Christmas|Christmas Island
CY|Chypre|Cyprus
CZ|Tchéquie|Czechia|République tchèque|Czech Republic
DE|Allemagne|Germany|République fédérale d'Allemagne|Federal Republic of Germany
DJ|Djibouti
DK|Danemark|Denmark
DM|Dominique|Dominica
DO|République dominicaine|Dominican Republic
DZ|Algérie|Algeria
EC|Équateur|Ecuador
EE|Estonie|Estonia
EG|Égypte|Egypt
EH|Sahara occidental|Western Sahara
ER|Érythrée|Eritrea
ES|Espagne|Spain
ET|Éthiopie|Ethiopia
FI|Finlande|Finland
FJ|Fidji|Fiji
FK|Îles Malouines|Falkland Islands|Falkland Islands (Malvinas)
FM|Micronésie|Micronesia
FO|Îles Féroé|Faroe Islands
FR|France|France|République française|France métropolitaine|French Republic
GA|Gabon
GB|Royaume-Uni|United Kingdom|Grande-Bretagne|Great Britain|UK|Angleterre|England|Écosse|Scotland
GB|Pays de Galles|Wales|Irlande du Nord|Northern Ireland
GD|Grenade|Grenada
GE|Géorgie|Georgia
GF|Guyane française|French Guiana|Guyane
GG|Guernesey|Guernsey
GH|Ghana
GI|Gibraltar
GL|Groenland|Greenland
GM|Gambie|Gambia|The Gambia
GN|Guinée|Guinea
GP|Guadeloupe
GQ|Guinée équatoriale|Equatorial Guinea
GR|Grèce|Greece
GS|Géorgie du Sud-et-les Îles Sandwich du Sud|South Georgia & South Sandwich Islands
GT|Guatemala
GU|Guam
GW|Guinée-Bissau|Guinea-Bissau|Guinée Bissao
GY|Guyana
HK|R.A.S. chinoise de Hong Kong|Hong Kong SAR China|Hong Kong
HM|Îles Heard-et-MacDonald|Heard & McDonald Islands
HN|Honduras
HR|Croatie|Croatia
HT|Haïti|Haiti
HU|Hongrie|Hungary
ID|Indonésie|Indonesia
IE|Irlande|Ireland|Eire|République d'Irlande|Republic of Ireland
IL|Israël|Israel
IM|Île de Man|Isle of Man
IN|Inde|India
IO|Territoire britannique de l'océan Indien|British Indian Ocean Territory
IQ|Irak|Iraq
IR|Iran|Iran|République islamique d'Iran|Islamic Republic of Iran
IS|Islande|Iceland
IT|Italie|Italy
JE|Jersey
JM|Jamaïque|Jamaica
JO|Jordanie|Jordan
JP|Japon|Japan
KE|Kenya
KG|Kirghizstan|Kyrgyzstan
KH|Cambodge|Cambodia
KI|Kiribati
KM|Comores|Comoros
KN|Saint-Christophe-et-Niévès|St. Kitts & Nevis|Saint Kitts and Nevis
KP|Corée du Nord|North Korea|DPRK|Democratic People's Republic of Korea
KR|Corée du Sud|South Korea|Corée|République de Corée|Republic of Korea|Korea
KW|Koweït|Kuwait
KY|Îles Caïmans|Cayman Islands
KZ|Kazakhstan
LA|Laos|Laos|République démocratique populaire lao|Lao PDR
LB|Liban|Lebanon
LC|Sainte-Lucie|St. Lucia
LI|Liechtenstein
LK|Sri Lanka
LR|Liberia
LS|Lesotho
LT|Lituanie|Lithuania
LU|Luxembourg
LV|Lettonie|Latvia
LY|Libye|Libya|Libyan Arab Jamahiriya
MA|Maroc|Morocco
MC|Monaco
MD|Moldavie|Moldova|République de Moldavie|Republic of Moldova
ME|Monténégro|Montenegro
MF|Saint-Martin|St. Martin|Saint-Martin (partie française)
MG|Madagascar
MH|Îles Marshall|Marshall Islands
MK|Macédoine du Nord|North Macedonia|Macédoine|Macedonia
ML|Mali
MM|Myanmar (Birmanie)|Myanmar (Burma)|Birmanie|Myanmar|Burma
MN|Mongolie|Mongolia
MO|R.A.S. chinoise de Macao|Macao SAR China|Macao|Macau
MP|Îles Mariannes du Nord|Northern Mariana Islands
MQ|Martinique
MR|Mauritanie|Mauritania
MS|Montserrat
MT|Malte|Malta
MU|Maurice|Mauritius
MV|Maldives
MW|Malawi
MX|Mexique|Mexico
MY|Malaisie|Malaysia
MZ|Mozambique
NA|Namibie|Namibia
NC|Nouvelle-Calédonie|New Caledonia
NE|Niger
NF|Île Norfolk|Norfolk Island
NG|Nigeria
NI|Nicaragua
NL|Pays-Bas|Netherlands|Hollande|Holland|The Netherlands
NO|Norvège|Norway
NP|Népal|Nepal
NR|Nauru
NU|Niue
NZ|Nouvelle-Zélande|New Zealand
OM|Oman
PA|Panama
PE|Pérou|Peru
PF|Polynésie française|French Polynesia
PG|Papouasie-Nouvelle-Guinée|Papua New Guinea
PH|Philippines
PK|Pakistan
PL|Pologne|Poland
PM|Saint-Pierre-et-Miquelon|St. Pierre & Miquelon
PN|Îles Pitcairn|Pitcairn Islands
PR|Porto Rico|Puerto Rico
PS|Territoires palestiniens|Palestinian Territories|Palestine|État de Palestine|State of Palestine
PS|Palestinian Territory
PT|Portugal
PW|Palaos|Palau
PY|Paraguay
QA|Qatar
RE|La Réunion|Réunion|Île de la Réunion|Reunion Island
RO|Roumanie|Romania
RS|Serbie|Serbia
RU|Russie|Russia|Fédération de Russie|Russian Federation
RW|Rwanda
SA|Arabie saoudite|Saudi Arabia
SB|Îles Salomon|Solomon Islands
SC|Seychelles
SD|Soudan|Sudan
SE|Suède|Sweden
SG|Singapour|Singapore
SH|Sainte-Hélène|St. Helena|Sainte-Hélène, Ascension et Tristan da Cunha
SI|Slovénie|Slovenia
SJ|Svalbard et Jan Mayen|Svalbard & Jan Mayen
SK|Slovaquie|Slovakia|République slovaque|Slovak Republic
SL|Sierra Leone
SM|Saint-Marin|San Marino
SN|Sénégal|Senegal
SO|Somalie|Somalia
SR|Suriname
SS|Soudan du Sud|South Sudan
ST|Sao Tomé-et-Principe|São Tomé & Príncipe|São Tomé et Príncipe
SV|Salvador|El Salvador
SX|Saint-Martin (partie néerlandaise)|Sint Maarten
SY|Syrie|Syria|République arabe syrienne|Syrian Arab Republic
SZ|Eswatini|Eswatini|Swaziland
TC|Îles Turques-et-Caïques|Turks & Caicos Islands
TD|Tchad|Chad
TF|Terres australes françaises|French Southern Territories
TG|Togo
TH|Thaïlande|Thailand
TJ|Tadjikistan|Tajikistan
TK|Tokelau
TL|Timor oriental|Timor-Leste|East Timor
TM|Turkménistan|Turkmenistan
TN|Tunisie|Tunisia
TO|Tonga
TR|Turquie|Türkiye|Turkey
TT|Trinité-et-Tobago|Trinidad & Tobago
TV|Tuvalu
TW|Taïwan|Taiwan
TZ|Tanzanie|Tanzania|République-Unie de Tanzanie|United Republic of Tanzania
UA|Ukraine
UG|Ouganda|Uganda
UM|Îles mineures éloignées des États-Unis|U.S. Outlying Islands
US|États-Unis|United States|États-Unis d'Amérique|United States of America|USA|U.S.A.|US
UY|Uruguay
UZ|Ouzbékistan|Uzbekistan
VA|État de la Cité du Vatican|Vatican City|Vatican|Saint-Siège|Cité du Vatican|Holy See
VC|Saint-Vincent-et-les Grenadines|St. Vincent & Grenadines
VE|Venezuela|Venezuela|République bolivarienne du Venezuela
VG|Îles Vierges britanniques|British Virgin Islands
VI|Îles Vierges des États-Unis|U.S. Virgin Islands
VN|Viêt Nam|Vietnam|Viet Nam
VU|Vanuatu
WF|Wallis-et-Futuna|Wallis & Futuna|Wallis et Futuna
WS|Samoa
XK|Kosovo
YE|Yémen|Yemen
YT|Mayotte
ZA|Afrique du Sud|South Africa
ZM|Zambie|Zambia
ZW|Zimbabwe
"""
