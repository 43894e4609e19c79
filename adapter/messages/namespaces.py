"""Which namespaces the messages live in, and the prefixes we write them with.

`msghead.md` §4.2 and `plo.md` §2.2 list them; where a printed standard and the schema differ, the schema is right
(`plo.md` X-11). The constants without `_NS` are in Clark notation, ready to be put before a local name.
"""

from __future__ import annotations

from typing import Final

MSGHEAD_NS: Final = "http://www.kith.no/xmlstds/msghead/2006-05-24"
FK1_NS: Final = "http://www.kith.no/xmlstds/felleskomponent1"
BASE64_NS: Final = "http://www.kith.no/xmlstds/base64container"
XMLDSIG_NS: Final = "http://www.w3.org/2000/09/xmldsig#"
SOAP_NS: Final = "http://schemas.xmlsoap.org/soap/envelope/"

APPREC_10_NS: Final = "http://www.kith.no/xmlstds/apprec/2004-11-21"
APPREC_11_NS: Final = "http://www.kith.no/xmlstds/apprec/2012-02-15"

DIALOG_10_NS: Final = "http://www.kith.no/xmlstds/dialog/2006-10-11"
DIALOG_11_NS: Final = "http://www.kith.no/xmlstds/dialog/2013-01-23"

PO_15_NS: Final = "http://www.kith.no/xmlstds/po/poKomponent/2009-06-30"
PO_16_NS: Final = "http://www.kith.no/xmlstds/po/poKomponent/2012-04-01"
PO_20_NS: Final = "http://ehelse.no/xmlstds/po/poKomponent/2017-11-30"

PLO_15: Final = "http://www.kith.no/xmlstds/po/{}/2009-06-30"
PLO_16: Final = "http://www.kith.no/xmlstds/po/{}/2012-04-01"
PLO_20: Final = "http://ehelse.no/xmlstds/po/{}/2016-05-30"

EPJ1_NS: Final = "http://www.kith.no/xmlstds/epj/epj1/2008-02-20"
EPJ2_NS: Final = "http://www.kith.no/xmlstds/epj/epj2/2008-02-20"
EPJ3_NS: Final = "http://www.kith.no/xmlstds/epj/epj3/2008-02-20"
META_NS: Final = "http://www.kith.no/xmlstds/epj/meta/2008-02-20"

MH: Final = "{" + MSGHEAD_NS + "}"
FK1: Final = "{" + FK1_NS + "}"
EPJ2: Final = "{" + EPJ2_NS + "}"
BASE64: Final = "{" + BASE64_NS + "}"


def clark(namespace: str) -> str:
    """The namespace in Clark notation, to be followed by a local name."""
    return "{" + namespace + "}"


def local_name(tag: str) -> str:
    """The local name of a tag in Clark notation."""
    return tag.rpartition("}")[2]


def namespace_of(tag: str) -> str:
    """The namespace of a tag in Clark notation, empty where there is none."""
    return tag[1 : tag.index("}")] if tag.startswith("{") else ""
