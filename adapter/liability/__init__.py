"""What it costs and why: policy, rates, timeline, decision, explanation."""
