"""Methods that find wrong labels, one file each."""
