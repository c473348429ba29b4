"""Cities with their countries, IANA time zones and the money that is paid there."""

from typing import Final, NamedTuple

from graph_api.generate.tables import items, rows


class Place(NamedTuple):
    """A city: `country` is ISO 3166-1 alpha-2, `weight` its share of the units, `names` the list people are named from.

    `per_yuan_permille` scales amounts to the size usual in the currency; it is no exchange rate.
    """

    city: str
    country: str
    timezone: str
    currency: str
    per_yuan_permille: int
    weight: int
    names: str


_PLACES: Final = """
Shenzhen | CN | Asia/Shanghai | CNY | 1000 | 26 | zh
Hangzhou | CN | Asia/Shanghai | CNY | 1000 | 22 | zh
Chengdu | CN | Asia/Shanghai | CNY | 1000 | 14 | zh
Guangzhou | CN | Asia/Shanghai | CNY | 1000 | 14 | zh
Shanghai | CN | Asia/Shanghai | CNY | 1000 | 12 | zh
Mexico City | MX | America/Mexico_City | MXN | 2500 | 5 | es
Singapore | SG | Asia/Singapore | SGD | 190 | 4 | sg
Jakarta | ID | Asia/Jakarta | IDR | 2200000 | 4 | id
Berlin | DE | Europe/Berlin | EUR | 130 | 4 | de
Warsaw | PL | Europe/Warsaw | PLN | 550 | 2 | pl
São Paulo | BR | America/Sao_Paulo | BRL | 750 | 2 | pt
Ho Chi Minh City | VN | Asia/Ho_Chi_Minh | VND | 3500000 | 2 | vi
Dubai | AE | Asia/Dubai | AED | 510 | 1 | ar
Los Angeles | US | America/Los_Angeles | USD | 140 | 1 | en
London | GB | Europe/London | GBP | 110 | 1 | en
"""

_NAMES: Final = """
zh | 林,周,陈,许,沈,叶,蒋,陆,苏,邓,曹,丁,袁,冯,韩,唐,董,萧,程,白,钟,贺,莫,易,罗,温,骆,祁,柯,庄 | 晓雨,文博,思远,雅婷,\
  子涵,嘉怡,明轩,若溪,浩然,诗琪,俊杰,欣然,宇航,雨桐,志远,静怡,天佑,梦洁,泽楷,可欣,一鸣,书瑶,景行,安然,立群,慧敏,承志,\
  语嫣,向东,云舒,启航,悦宁,北辰,南星,知夏,望舒
es | Rivas,Cordero,Salgado,Montiel,Arriaga,Zamora,Peralta,Ocampo,Quintana,Barrera,Lozano,Tejeda,Galindo,Ibarra | \
  Mateo,Ximena,Emilio,Renata,Joaquín,Abril,Íker,Lucía,Damián,Regina,Bruno,Valeria,Tadeo,Noemí
sg | Tan,Lim,Ong,Goh,Teo,Koh,Chua,Seah,Nair,Pillai,Rahman,Yeo | Wei Ling,Jun Hao,Priya,Farid,Hui Min,Kai Xin,Arun,\
  Siti,Zhi Hao,Mei Yee,Darren,Nadia
id | Santoso,Wijaya,Pratama,Lestari,Kusuma,Hartono,Siregar,Nugraha,Permata,Saputra,Halim,Anggraini | Dewi,Bagus,\
  Putri,Rizky,Intan,Fajar,Ayu,Galih,Ratna,Yoga,Citra,Bima
de | Brandt,Kessler,Vogt,Lindner,Seidel,Pohl,Ritter,Winkler,Haas,Ebert,Reuter,Falk | Lena,Jonas,Mira,Felix,Hanna,\
  Tobias,Clara,Moritz,Greta,Nils,Ida,Anton
pl | Zielak,Borowik,Malec,Sobczyk,Wrona,Kubiak,Lisek,Gajda,Rudnik,Pawlak,Urban,Banach | Zofia,Kacper,Hania,Marek,\
  Oliwia,Tomek,Ewa,Igor,Lidia,Szymon,Maja,Adam
pt | Moreira,Teles,Barros,Prado,Azevedo,Campos,Duarte,Siqueira,Vieira,Brandão,Rocha,Leal | Caio,Luana,Thiago,Marina,\
  Davi,Bianca,Enzo,Laís,Otávio,Helena,Murilo,Yara
vi | Đặng,Bùi,Đỗ,Hồ,Ngô,Dương,Lý,Đinh,Mai,Tô,Trịnh,Phan | Minh Anh,Quang Huy,Thu Hà,Gia Bảo,Ngọc Lan,Đức Minh,\
  Khánh Vy,Hoàng Nam,Bích Ngọc,Tuấn Kiệt,Thảo My,Anh Thư
ar | Haddad,Karam,Nasser,Saleh,Mansour,Farah,Qasim,Jaber,Sabbagh,Rashid | Layla,Omar,Noura,Yusuf,Salma,Tariq,Huda,\
  Zayd,Mariam,Khalid
en | Hartley,Mercer,Whitlow,Ashby,Calder,Thorne,Ellison,Prescott,Marlow,Sutter,Draper,Keane | Nora,Miles,Tessa,Owen,\
  Ivy,Caleb,Maeve,Rowan,June,Silas,Hazel,Theo
"""

PLACES: Final = tuple(
    Place(city, country, timezone, currency, int(scale), int(weight), names)
    for city, country, timezone, currency, scale, weight, names in rows(_PLACES)
)
PLACE_BY_CITY: Final = {place.city: place for place in PLACES}
NAME_LISTS: Final = {language: (items(family), items(given)) for language, family, given in rows(_NAMES)}


def full_name(language: str, family: str, given: str) -> str:
    """Join the parts of a name in the order and script of its language."""
    if language == "zh":
        return family + given
    return f"{family} {given}" if language == "vi" else f"{given} {family}"


def local_amount(yuan: int, place: Place) -> int:
    """Return an amount of the size usual where it is paid, rounded to two leading digits."""
    amount = max(1, yuan * place.per_yuan_permille // 1000)
    unit = max(1, 10 ** (len(str(amount)) - 2))
    return amount // unit * unit
