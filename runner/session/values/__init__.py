"""Values of a call: variables, conversion, patterns, rendering, parameters."""
