"""HTTP for integrators and the dashboard: one application inside the daemon's process."""
