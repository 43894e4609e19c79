"""Proof that a third party can check."""
