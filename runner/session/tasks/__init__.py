"""What happens for certain, without the model."""
