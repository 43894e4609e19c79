"""One valid message, in the parts that single changes are made to."""

from __future__ import annotations

MH = "http://www.kith.no/xmlstds/msghead/2006-05-24"
PL = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"
B64 = "http://www.kith.no/xmlstds/base64container"
FK1 = "http://www.kith.no/xmlstds/felleskomponent1"
PO = "http://www.kith.no/xmlstds/po/poKomponent/2012-04-01"

HER = '<TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/>'
SERVICE = (
    f"<Organisation><OrganisationName>Prøvebygda</OrganisationName><Ident><Id>90001</Id>{HER}</Ident><Organisation>"
    f"<OrganisationName>Saksbehandler</OrganisationName><Ident><Id>90002</Id>{HER}</Ident>"
    "</Organisation></Organisation>"
)
EVENT = (
    '<TidsfestetHendelse><Hendelsekode V="1" S="2.16.578.1.12.4.1.1.9121"/>'
    '<TidspunktForHendelse V="2024-03-01T14:20:00+01:00"/><Anslag>false</Anslag></TidsfestetHendelse>'
)
PAYLOAD = (
    f'<p1:Pasientlogistikk xmlns:p1="{PL}" xmlns="{PO}">'
    '<InformasjonOmForsendelsen><Forsendelsesstatus V="N"/></InformasjonOmForsendelsen>'
    f"<p1:MeldingInnlagtPasient>{EVENT}</p1:MeldingInnlagtPasient></p1:Pasientlogistikk>"
)
MESSAGE = (
    f'<MsgHead xmlns="{MH}"><MsgInfo><Type V="LOG_INNLAGT"/><MIGversion>v1.2 2006-05-24</MIGversion>'
    "<GenDate>2024-03-01T14:25:00+01:00</GenDate><MsgId>5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02</MsgId>"
    f"<Sender>{SERVICE}</Sender><Receiver>{SERVICE}</Receiver>"
    "<Patient><FamilyName>Danser</FamilyName></Patient></MsgInfo>"
    '<Document><RefDoc><IssueDate V="2024-03-01"/><MsgType V="XML"/>'
    f"<Content>{PAYLOAD}</Content></RefDoc></Document></MsgHead>"
)
TIME = 'V="2024-03-01T14:20:00+01:00"'
GEN = "2024-03-01T14:25:00+01:00"
STATUS = '<Forsendelsesstatus V="N"/>'
PATIENT = "<Patient><FamilyName>Danser</FamilyName></Patient>"
MIG = "<MIGversion>v1.2 2006-05-24</MIGversion>"
MSG_ID = "<MsgId>5c2d1b7a-1f0e-4c6b-9a55-3e0d4b7c1a02</MsgId>"
