"""What happens in calls on its way to the database: the only writer of records."""
