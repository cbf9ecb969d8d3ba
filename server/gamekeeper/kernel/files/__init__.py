"""Files: their content in a folder or an object store, their names and sizes in the database."""
