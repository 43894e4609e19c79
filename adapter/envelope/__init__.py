"""How it is wrapped: ebXML header, signals, MIME, agreements; open and seal."""
