"""FLOOR 3. How it is kept: the only SQL, in SQLite and PostgreSQL as equals, plus the migrations."""
