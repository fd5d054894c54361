"""What goes over the wire: validation and the OpenAPI document come from these models."""
