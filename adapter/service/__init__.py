"""Runs: wiring, outbound, inbound, timers, shutdown."""
