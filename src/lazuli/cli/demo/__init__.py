"""``lazuli demo``: the main road once, on real data, with everything shown."""
