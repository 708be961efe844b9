"""File formats of an export, one file each: `write(table, file)` and `read(file)`, both of a binary file."""
