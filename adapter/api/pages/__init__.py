"""The dashboard: pages for the operator on call and for those who watch nights and answers."""
