"""What `config.toml` says: frozen settings, every mistake reported at once with its key, what was found and a hint.

Relative paths are relative to the folder of the file. Secrets are files, never values. A section that is left out
has the defaults below; `[[party]]` and `[keys]` have none, since nobody can guess who we are.
"""

from adapter.config.api import Api, ApiClient, Scope
from adapter.config.delivery import Delivery, Inbox
from adapter.config.identity import Contact, KeyPair, Keys, Partners, Party, Trust
from adapter.config.liability import Liability, PolicyAgreement, StatementImport
from adapter.config.mail import Mailbox, Smtp, SmtpReceive, SmtpSend
from adapter.config.profile import Envelope, Validation
from adapter.config.register import Register
from adapter.config.revocation import Revocation, RevocationActions, RevocationAddress
from adapter.config.service import Service
from adapter.config.settings import Log, Schemas, Settings, load, parse
from adapter.config.store import Retention, Store
from adapter.config.ways import Drop, HookEvent, Webhook

__all__ = [
    "Api",
    "ApiClient",
    "Contact",
    "Delivery",
    "Drop",
    "Envelope",
    "HookEvent",
    "Inbox",
    "KeyPair",
    "Keys",
    "Liability",
    "Log",
    "Mailbox",
    "Partners",
    "Party",
    "PolicyAgreement",
    "Register",
    "Retention",
    "Revocation",
    "RevocationActions",
    "RevocationAddress",
    "Schemas",
    "Scope",
    "Service",
    "Settings",
    "Smtp",
    "SmtpReceive",
    "SmtpSend",
    "StatementImport",
    "Store",
    "Trust",
    "Validation",
    "Webhook",
    "load",
    "parse",
]
