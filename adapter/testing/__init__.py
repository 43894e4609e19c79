"""Shipped fakes: clock, PKI, counterparty."""
