"""What happened in calls: kept in a database, to be read, searched, counted and forgotten.

`notes` are what is known of a session as it goes on, `spool` keeps them on the disk until they are
in the database, `entry` makes a record of them, `database` opens SQLite or PostgreSQL in its newest
form (`migrations`), `store` writes, `reading`, `words` and `figures` read, `memories` keeps what is
remembered of callers, `export` writes files.
"""
