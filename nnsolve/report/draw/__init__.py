"""Pictures of networks: what a problem's quantities are, laid out as plain shapes, and written as SVG."""
