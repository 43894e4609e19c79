"""Which messages there are: type, English name, content namespaces and versions, receipt version.

One row per message type (list 8279) that we say or judge; every other type is carried as it is. The content's
namespace, never the type, tells the version (`msghead.md` §4.2), and with it the version of the receipt
(`apprec.md` §3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapter.messages.apprec import AppRecVersion
from adapter.messages.codes import Status
from adapter.messages.logistics import Use
from adapter.messages.namespaces import (
    APPREC_10_NS,
    APPREC_11_NS,
    DIALOG_10_NS,
    DIALOG_11_NS,
    PLO_15,
    PLO_16,
    PLO_20,
    PO_15_NS,
    PO_16_NS,
    PO_20_NS,
    clark,
    namespace_of,
)


class Family(StrEnum):
    """What a content standard is about; several message types share one."""

    LOGISTICS = "Pasientlogistikk"
    ADMISSION_REPORT = "Innleggelsesrapport"
    HEALTH_INFORMATION = "Helseopplysninger"
    HEALTH_INFORMATION_TO_GP = "Helseopplysninger til lege"
    MEDICAL_INFORMATION = "Medisinske opplysninger"
    SERVICES_OFFERED = "Orientering om tjenestetilbud"
    DISCHARGE_REPORT = "Utskrivningsrapport"
    ABSENCE = "Melding om fravær"
    SUMMARY = "Sammenfatning"
    DIALOG = "Dialogmelding"
    APPREC = "Applikasjonskvittering"


_COMPONENTS: Final = {"1.5": PO_15_NS, "1.6": PO_16_NS, "2.0": PO_20_NS}


@dataclass(frozen=True, slots=True)
class Content:
    """One content standard in one version: namespace, root, and the version of the receipt that answers it.

    `namespace` and `version` are the `eb:location` and `eb:version` of `eb:Schema` (`ebxml.md` §9.2).
    """

    family: Family
    version: str
    namespace: str
    root: str
    apprec: AppRecVersion

    @property
    def tag(self) -> str:
        """The root in Clark notation."""
        return clark(self.namespace) + self.root

    @property
    def components(self) -> str:
        """The component namespace (poKomponent) that goes with it; empty outside the nursing and care messages."""
        return _COMPONENTS.get(self.version, "") if self.is_plo else ""

    @property
    def is_plo(self) -> bool:
        """Whether it is a nursing and care message (pleie- og omsorgsmelding)."""
        return self.family is not Family.DIALOG and self.family is not Family.APPREC


_1_0, _1_1 = AppRecVersion.V1_0, AppRecVersion.V1_1

_PLO: Final[tuple[tuple[Family, str, str, str], ...]] = (
    (Family.LOGISTICS, "Pasientlogistikk", "Pasientlogistikk", "Pasientlogistikk"),
    (Family.ADMISSION_REPORT, "Innleggelsesrapport", "Innleggelsesrapport", "Innleggelsesrapport"),
    (Family.DISCHARGE_REPORT, "TverrfagligEpikrise", "TverrfagligEpikrise", "TverrfagligEpikrise"),
    (
        Family.HEALTH_INFORMATION,
        "HelseopplysningerVedSoknad",
        "HelseopplysningerVedSoknad",
        "HelseopplysningerVedSoknad",
    ),
    (Family.HEALTH_INFORMATION_TO_GP, "Konsultasjon", "HelseopplysningerTilLege", "Konsultasjon"),
    (
        Family.MEDICAL_INFORMATION,
        "OverforingMedisinskeOpplysninger",
        "MedisinskeOpplysninger",
        "OverforingMedisinskeOpplysninger",
    ),
    (
        Family.SERVICES_OFFERED,
        "OrienteringOmTjenestetilbud",
        "OrienteringOmTjenestetilbud",
        "OrienteringOmTjenestetilbud",
    ),
)
"""Family, namespace tail in 1.5, namespace tail in 1.6, root (`plo.md` §2.2, X-11, X-12)."""

CONTENTS: Final[tuple[Content, ...]] = (
    *(Content(family, "1.6", PLO_16.format(tail), root, _1_1) for family, _, tail, root in _PLO),
    *(Content(family, "1.5", PLO_15.format(tail), root, _1_0) for family, tail, _, root in _PLO),
    Content(Family.ABSENCE, "1.5", PLO_15.format("MeldingFravar"), "MeldingFravar", _1_0),
    Content(Family.LOGISTICS, "2.0", PLO_20.format("Pasientlogistikk"), "Pasientlogistikk", _1_1),
    Content(
        Family.HEALTH_INFORMATION,
        "2.0",
        PLO_20.format("HelseopplysningerSaksbehandling"),
        "HelseopplysningerSaksbehandling",
        _1_1,
    ),
    Content(Family.SUMMARY, "2.0", PLO_20.format("Sammenfatning"), "Sammenfatning", _1_1),
    Content(Family.DIALOG, "1.1", DIALOG_11_NS, "Dialogmelding", _1_1),
    Content(Family.DIALOG, "1.0", DIALOG_10_NS, "Dialogmelding", _1_0),
    Content(Family.APPREC, "1.1", APPREC_11_NS, "AppRec", _1_1),
    Content(Family.APPREC, "1.0", APPREC_10_NS, "AppRec", _1_0),
)
"""Every content standard known here."""

_BY_TAG: Final = {content.tag: content for content in CONTENTS}
_BY_NAMESPACE: Final = {content.namespace: content for content in CONTENTS}


def content_of(tag: str) -> Content | None:
    """The content standard of a payload root in Clark notation."""
    return _BY_TAG.get(tag)


def content_around(tag: str) -> Content | None:
    """The content standard of a payload root; of its namespace where the root is of another name."""
    return _BY_TAG.get(tag) or _BY_NAMESPACE.get(namespace_of(tag))


def content_of_namespace(namespace: str) -> Content | None:
    """The content standard of a payload namespace, whatever the root is called."""
    return _BY_NAMESPACE.get(namespace)


_N: Final = frozenset({Status.NEW, Status.CANCELLED})
_NMC: Final = frozenset(Status)


@dataclass(frozen=True, slots=True)
class Kind:
    """One message type. `statuses` are the shipment statuses it may have (HISD 1154 §3.1), none outside PLO.

    `use` tells the five logistics messages apart. `dialog_versions` limits a dialog type to some versions.
    """

    type: str
    name: str
    family: Family
    statuses: frozenset[Status] = frozenset()
    use: Use | None = None
    dialog_versions: tuple[str, ...] = ("1.0", "1.1")

    def accepts(self, content: Content) -> bool:
        """Whether the content standard belongs to this type (`plo.md` PL-004)."""
        if content.family is not self.family:
            return False
        return self.family is not Family.DIALOG or content.version in self.dialog_versions


KINDS: Final[tuple[Kind, ...]] = (
    Kind("LOG_INNLAGT", "admitted", Family.LOGISTICS, _N, Use.ADMITTED),
    Kind("LOG_UTSKRIVNINGSKLAR", "discharge-ready", Family.LOGISTICS, _N, Use.DISCHARGE_READY),
    Kind("LOG_AVMELDING", "withdrawal", Family.LOGISTICS, _N, Use.WITHDRAWAL),
    Kind("LOG_UTSKREVET", "discharged", Family.LOGISTICS, _N, Use.DISCHARGED),
    Kind("LOG_DOD", "death", Family.LOGISTICS, _N, Use.DEATH),
    Kind("LOG_TILBAKEMELDING", "readiness-feedback", Family.LOGISTICS, _N, Use.FEEDBACK),
    Kind("INNLEGGELSESRAPPORT", "admission-report", Family.ADMISSION_REPORT, _NMC),
    Kind("HELSEOPPL_SOKNAD", "health-information", Family.HEALTH_INFORMATION, _NMC),
    Kind("HELSEOPPLYSNINGER_LEGE", "health-information-to-gp", Family.HEALTH_INFORMATION_TO_GP, _N),
    Kind("UTSKRIVNINGSRAPPORT", "discharge-report", Family.DISCHARGE_REPORT, _NMC),
    Kind("TVERRFAGLIG_EPIKRISE", "discharge-report-old-name", Family.DISCHARGE_REPORT, _NMC),
    Kind("MEDISINSKE_OPPLYSNINGER", "medical-information", Family.MEDICAL_INFORMATION, _N),
    Kind("ORIENTERING_TJENESTETILBUD", "services-offered", Family.SERVICES_OFFERED, _N),
    Kind("FRAVARSMELDING", "absence", Family.ABSENCE, _N),
    Kind("SAMMENFATNING", "summary", Family.SUMMARY, _NMC),
    Kind("DIALOG_FORESPORSEL", "question", Family.DIALOG),
    Kind("DIALOG_SVAR", "answer", Family.DIALOG),
    Kind("DIALOG_NOTAT", "note", Family.DIALOG),
    Kind("DIALOG_AVVIK", "deviation", Family.DIALOG, dialog_versions=("1.0",)),
    Kind("DIALOG_HELSEFAGLIG", "clinical-dialog", Family.DIALOG, dialog_versions=("1.1",)),
    Kind("DIALOG_STATUS_HENVISNING", "referral-status", Family.DIALOG, dialog_versions=("1.1",)),
)
"""Every message type known here; the names are those of `adapter build` where a builder has the same."""

_BY_TYPE: Final = {kind.type: kind for kind in KINDS}


def kind_of(type_: str) -> Kind | None:
    """The row of a message type; None for one that is only carried."""
    return _BY_TYPE.get(type_)
