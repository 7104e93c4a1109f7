"""What the company decided: packs and overlays. Pure."""
