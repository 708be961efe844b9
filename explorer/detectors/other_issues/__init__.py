"""Methods that find duplicates, outliers and other issues, one file each."""
