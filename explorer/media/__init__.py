"""Content of items by kind: pictures, texts, table rows, vectors."""
