"""What there is to know about an activation, a loss, a layer, an optimizer or a schedule, from its registration."""
