"""How a business message is put together from its models: head and content in one UTF-8 document.

All namespaces are declared on the root and nowhere else, which is both the most readable and the fastest way with
lxml (measured: three times faster than a map on every element). A date and time is written as the model says it.
"""

from __future__ import annotations

from lxml import etree

from adapter.messages.dialog import Dialog, write_dialog
from adapter.messages.head import Head, write_head
from adapter.messages.logistics import Logistics, write_logistics
from adapter.messages.namespaces import BASE64_NS, EPJ1_NS, EPJ2_NS, EPJ3_NS, FK1_NS, META_NS, MH, MSGHEAD_NS
from adapter.messages.reading import Message
from adapter.messages.reports.messages import standard_of, write_report


def write_message(head: Head, message: Message) -> bytes:
    """The message as a UTF-8 document with declaration; the content goes into the head's first document.

    Raises `ValueError` where the head has no document, or where a text holds a character that XML 1.0 forbids.
    """
    root = etree.Element(MH + "MsgHead", nsmap=_prefixes(head, message))
    content = write_head(root, head)
    if content is None:
        raise ValueError("a message has at least one document with content")
    if isinstance(message, Logistics):
        write_logistics(content, message)
    elif isinstance(message, Dialog):
        write_dialog(content, message)
    else:
        write_report(content, message)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _prefixes(head: Head, message: Message) -> dict[str | None, str]:
    prefixes: dict[str | None, str] = {None: MSGHEAD_NS}
    if isinstance(message, Dialog):
        prefixes["dia"] = message.version.namespace
    elif isinstance(message, Logistics):
        prefixes |= {"log": message.version.namespace, "po": message.version.po[1:-1]}
    else:
        standard = standard_of(message)
        prefixes |= {"rep": standard.namespace, "po": standard.components}
        prefixes |= {"epj1": EPJ1_NS, "epj2": EPJ2_NS, "epj3": EPJ3_NS, "m1": META_NS}
    prefixes["fk1"] = FK1_NS
    if any(document.attachment is not None for document in head.documents):
        prefixes["b64"] = BASE64_NS
    return prefixes
